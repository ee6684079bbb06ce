import { describe, expect, it } from 'vitest';
import { packSigns } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { BinaryIndex } from '../../search/binary-index.ts';
import { ExactIndex } from '../../search/exact-index.ts';
import { leadingColumns } from '../../training/scores/student.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit.ts';
import { loadQuantizer } from '../load.ts';
import { LearnedQuantizer } from './learned-quantizer.ts';
import { trainCodes } from './train-codes.ts';
import type { TrainCodesOptions } from './training-options.ts';

const vectors = clusters(600, 24, 1);
const others = clusters(50, 24, 2);
const quick: TrainCodesOptions = { bits: 16, steps: 24, seed: 3 };

describe('trainCodes', () => {
  it('is never worse on held-out vectors than where it starts', async () => {
    const { stages } = await trainCodes(vectors, quick);
    const mean = ({ recalls }: (typeof stages)[number]) =>
      recalls.reduce((sum, { recall }) => sum + recall, 0) / recalls.length;
    const taken = stages.find(({ isTaken }) => isTaken);
    expect(stages[0]?.name).toBe('start');
    expect(taken && mean(taken)).toBeGreaterThanOrEqual(Math.max(...stages.map(mean)) - 0.001);
  });

  it('finds more than PCA and ITQ where training can', async () => {
    const { stages } = await trainCodes(clusters(3000, 32, 7), { bits: 16, steps: 200 });
    const last = stages.find(({ isTaken }) => isTaken);
    expect(last?.name).not.toBe('start');
    expect(last?.recalls[0]?.recall).toBeGreaterThan((stages[0]?.recalls[0]?.recall ?? 1) + 0.01);
  });

  it.each([
    { binarize: 'sigmoid' },
    { binarize: 'gumbel' },
    { architecture: 'mlp' },
    { nested: [4, 8] },
    { objectives: { asymmetric: 1, balance: 0.1, decorrelation: 0.1, decoded: 1 } },
    { choose: false },
    { encoderWeight: 0.01 },
    { decoder: 'additive' },
  ] as const)('trains the same codes again, and one that loads: %o', async (options) => {
    const { quantizer } = await trainCodes(vectors, { ...quick, ...options });
    const again = await trainCodes(vectors, { ...quick, ...options });
    expect(again.quantizer.save()).toEqual(quantizer.save());
    const loaded = loadQuantizer(quantizer.save());
    for (const side of ['document', 'query'] as const) {
      expect(loaded.encode(others, side)).toEqual(quantizer.encode(others, side));
    }
    expect(loaded.save()).toEqual(quantizer.save());
  });

  it('has a decoder for every nested length, and for no other', async () => {
    const { quantizer } = await trainCodes(vectors, { ...quick, nested: [4, 8] });
    expect(quantizer.nested).toEqual([4, 8, 16]);
    const signs = unpackSigns(quantizer.encode(others, 'document'));
    const errors = quantizer.nested.map((bits) => {
      const decoded = quantizer.prefixDecoder(bits).decode(packSigns(leadingColumns(signs, bits)));
      return distance(decoded, others);
    });
    expect(errors[1]).toBeLessThan(errors[0] as number);
    expect(errors[2]).toBeLessThan(errors[1] as number);
    expect(() => quantizer.prefixDecoder(5)).toThrow(/got 5 bits, expected one of 4, 8, 16/);
  });

  it('restores vectors better with an additive decoder, and lets it be trained further', async () => {
    const many = clusters(2500, 24, 5);
    const errorOf = async (decoder: 'linear' | 'additive') => {
      const { quantizer, stages } = await trainCodes(many, { ...quick, decoder });
      const codes = quantizer.encode(others, 'document');
      return { quantizer, stages, error: distance(quantizer.decoder.decode(codes), others) };
    };
    const [linear, additive] = [await errorOf('linear'), await errorOf('additive')];
    expect(additive.stages.find(({ isTaken }) => isTaken)?.name).toBe('additive');
    expect(additive.error).toBeLessThan(0.95 * linear.error);
    const further = await trainCodes(vectors, { ...quick, from: additive.quantizer });
    expect(further.stages[0]?.name).toBe('start');
  });

  it('learns from pairs what their queries ask for', async () => {
    const queries = clusters(100, 24, 9);
    const pairs = { queries, documents: clusters(100, 24, 10) };
    const plain = await trainCodes(vectors, { ...quick, choose: false });
    const paired = await trainCodes(vectors, { ...quick, choose: false, pairs, pairWeight: 3 });
    expect(paired.curve.map(({ loss }) => loss)).not.toEqual(plain.curve.map(({ loss }) => loss));
    const wrong = { queries: clusters(1, 23, 1), documents: clusters(1, 23, 1) };
    await expect(trainCodes(vectors, { ...quick, pairs: wrong })).rejects.toThrow(/expected 24/);
  });

  it('learns what queries find that are unlike the documents', async () => {
    const documents = clusters(1500, 24, 11);
    const longer: TrainCodesOptions = { bits: 16, steps: 150 };
    const queries = lastDimensionsOf(clusters(600, 24, 12));
    const asked = lastDimensionsOf(clusters(200, 24, 13));
    const plain = await trainCodes(documents, longer);
    const taught = await trainCodes(documents, { ...longer, queries });
    expect(recall(taught.quantizer, documents, asked)).toBeGreaterThan(
      recall(plain.quantizer, documents, asked) + 0.005,
    );
    await expect(trainCodes(vectors, { ...quick, queries: [] })).rejects.toThrow(/queries/);
    await expect(trainCodes(vectors, { ...quick, queries: [[1, 2]] })).rejects.toThrow(
      /expected 24/,
    );
  });

  it('trains codes further, and refuses what is none of the same shape', async () => {
    const { quantizer: from } = await trainCodes(vectors, quick);
    const { stages } = await trainCodes(vectors, { ...quick, from, seed: 4 });
    expect(stages.map(({ name }) => name)).toEqual(['start', 'trained', 'refined']);
    const untrained = await fitQuantizer(vectors, { kind: 'autoencoder', bits: 16 });
    const trained = await trainCodes(vectors, { ...quick, from: untrained });
    expect(trained.stages.map(({ name }) => name)).toEqual(['start', 'trained', 'refined']);
    const itq = await fitQuantizer(vectors, { kind: 'itq', bits: 16 });
    await expect(trainCodes(vectors, { ...quick, from: itq })).rejects.toThrow(/got itq/);
    await expect(trainCodes(vectors, { ...quick, bits: 8, from })).rejects.toThrow(/to 16 bits/);
    await expect(trainCodes(vectors, { ...quick, architecture: 'mlp', from })).rejects.toThrow(
      /expected linear/,
    );
  });

  it('goes on from a checkpoint as if it had not been interrupted', async () => {
    const checkpoints: Uint8Array[] = [];
    const whole = await trainCodes(vectors, {
      ...quick,
      onCheckpoint: (bytes) => checkpoints.push(bytes),
    });
    const checkpoint = checkpoints[5];
    const resumed = await trainCodes(vectors, { ...quick, checkpoint });
    expect(resumed.quantizer.save()).toEqual(whole.quantizer.save());
    expect(resumed.curve).toEqual(whole.curve);
    await expect(trainCodes(vectors, { ...quick, bits: 12, checkpoint })).rejects.toMatchObject({
      code: 'invalid-file',
    });
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const stopped = trainCodes(vectors, {
      ...quick,
      signal: controller.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'train' && done === 3) controller.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('is a quantizer like others for fitQuantizer', async () => {
    const learned = { train: { steps: 24, nested: [8] } };
    const quantizer = await fitQuantizer(vectors, { kind: 'head', bits: 16, learned });
    expect(quantizer.kind).toBe('head');
    expect(quantizer).toBeInstanceOf(LearnedQuantizer);
    expect((quantizer as LearnedQuantizer).nested).toEqual([8, 16]);
  });

  it.each([
    [{ bits: 25 }, /from 1 to 24/],
    [{ nested: [17] }, /nested: got 17/],
    [{ steps: -1 }, /steps: got -1/],
    [{ encoderWeight: Number.NaN }, /encoderWeight: got NaN, expected a number from 0 up/],
    [{ pairWeight: -1 }, /pairWeight: got -1/],
    [{ binarize: 'sign' as never }, /binarize: got sign/],
    [{ architecture: 'deep' as never }, /architecture: got deep/],
    [{ decoder: 'quadratic' as never }, /decoder: got quadratic/],
    [{ decoder: 'additive', nested: [8] }, /decoder: got additive, expected linear for nested/],
    [{ decoder: 'additive', bits: 12 }, /multiple of 8/],
    [{ decoder: 'additive', choose: false }, /not chosen/],
  ] as const)('refuses %o', async (options, message) => {
    await expect(trainCodes(vectors, { ...quick, ...options })).rejects.toThrow(message);
  });
});

/** Directions around a few centres, with some dimensions stronger than others. */
function clusters(rows: number, columns: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const fixed = seededRandom(42);
  const centres = Float32Array.from({ length: 20 * columns }, () => gaussian(fixed));
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const centre = Math.floor(random() * 20);
    for (let j = 0; j < columns; j++) {
      const strength = 1 / (1 + j / 6);
      const value = centres[centre * columns + j] + 0.8 * gaussian(random);
      data[i * columns + j] = strength * value;
    }
  }
  return { rows, columns, data };
}

/** Vectors that say nothing in their first dimensions. */
function lastDimensionsOf(matrix: Matrix): Matrix {
  return { ...matrix, data: matrix.data.map((value, p) => (p % 24 < 6 ? 0 : value)) };
}

/** Of the ten nearest by the floats, among the ten best by decoded scores. */
function recall(quantizer: LearnedQuantizer, documents: Matrix, queries: Matrix): number {
  const exact = new ExactIndex(24);
  exact.add(documents);
  const index = new BinaryIndex({ quantizer });
  index.add(documents);
  let found = 0;
  for (let i = 0; i < queries.rows; i++) {
    const query = row(queries, i);
    const wanted = new Set(exact.search(query, { k: 10 }).map((each) => each.row));
    const options = { k: 10, scoring: 'decoded', candidates: documents.rows, rerank: 0 } as const;
    for (const each of index.search(query, options)) if (wanted.has(each.row)) found++;
  }
  return found / (10 * queries.rows);
}

function distance(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++) {
    let norm = 0;
    for (let j = 0; j < a.columns; j++) norm += b.data[i * a.columns + j] ** 2;
    for (let j = 0; j < a.columns; j++) {
      const p = i * a.columns + j;
      sum += (a.data[p] - b.data[p] / Math.sqrt(norm)) ** 2;
    }
  }
  return sum;
}
