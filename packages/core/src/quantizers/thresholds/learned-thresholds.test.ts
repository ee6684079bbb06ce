import { describe, expect, it } from 'vitest';
import { packSigns } from '../../codes/codes.ts';
import { candidateRecall } from '../../training/candidate-recall.ts';
import { nearestDocuments } from '../../training/exact-neighbours.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { columnMedians } from '../../vectors/statistics.ts';
import type { Thresholds } from '../affine-quantizer.ts';
import type { FitterOptions } from '../fitter.ts';
import { descendThresholds, subtractFromRows } from './descend-thresholds.ts';
import { fitThresholds } from './fit-thresholds.ts';

const documents = clustered(300, 1, 0);
const queries = clustered(80, 2, 0.6);
const fitLearned = (vectors: Matrix, options: FitterOptions) =>
  fitThresholds(vectors, options, { rule: 'learned' });
const fitLearnedPerSide = (vectors: Matrix, options: FitterOptions) =>
  fitThresholds(vectors, options, { rule: 'learned', perSide: true });

describe('learned thresholds', () => {
  it('are never worse on what was held out than where they began', async () => {
    const heldOut = clustered(60, 3, 0);
    const neighbours = await nearestDocuments(heldOut, documents, 10);
    const measure = ({ document, query }: Thresholds) =>
      candidateRecall(
        packSigns(subtractFromRows(documents, document)),
        packSigns(subtractFromRows(heldOut, query)),
        { neighbours, candidates: 40 },
      );
    const median = columnMedians(documents);
    for (const start of [median, new Float32Array(24), median.map((value) => value + 0.5)]) {
      const before = { document: start, query: start };
      const after = await descendThresholds({
        documents,
        values: documents,
        queries: {
          vectors: documents,
          values: documents,
          neighbours: await nearestDocuments(documents, documents, 33),
        },
        start: before,
        perSide: false,
        measure,
        random: seededRandom(1),
      });
      expect(after.query).toEqual(after.document);
      expect(measure(after)).toBeGreaterThanOrEqual(measure(before));
      // Far from the values every code is the same, and there is much to gain.
      if (start[0] > median[0]) expect(measure(after)).toBeGreaterThan(measure(before) + 0.2);
    }
  });

  it('are the same for the same seed only', async () => {
    for (const fit of [fitLearned, fitLearnedPerSide]) {
      const save = async (seed: number) =>
        (await fit(documents, { bits: 16, seed, queries })).save();
      expect(await save(1)).toEqual(await save(1));
      expect(await save(1)).not.toEqual(await save(2));
    }
  });

  it('stop when aborted, in every stage', async () => {
    for (const stage of ['neighbours', 'thresholds']) {
      const controller = new AbortController();
      const fitting = fitLearnedPerSide(documents, {
        bits: 16,
        seed: 0,
        queries,
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress.stage === stage) controller.abort(new Error(`stopped in ${stage}`));
        },
      });
      await expect(fitting).rejects.toThrow(`stopped in ${stage}`);
    }
  });

  it.each([1, 2, 7, 47, 48])('need no more than %i documents', async (rows) => {
    for (const fit of [fitLearned, fitLearnedPerSide]) {
      for (const some of [undefined, clustered(1, 5, 0.6), clustered(9, 5, 0.6)]) {
        const quantizer = await fit(clustered(rows, 4, 0), { bits: 24, seed: 0, queries: some });
        expect(quantizer.project(documents, 'query').data.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('bear vectors that are all the same, or zero', async () => {
    for (const value of [0, 1]) {
      const same = normalizeRows({
        rows: 90,
        columns: 24,
        data: new Float32Array(2160).fill(value),
      });
      const quantizer = await fitLearned(same, { bits: 8, seed: 0 });
      expect(quantizer.project(documents, 'document').data.every(Number.isFinite)).toBe(true);
    }
  });

  it('differ by side only with queries', async () => {
    const query = async (given: Matrix | undefined) => {
      const options = { bits: 24, seed: 0, queries: given };
      const quantizer = await fitLearnedPerSide(documents, options);
      return [quantizer.project(queries, 'query'), quantizer.project(queries, 'document')];
    };
    const [a, b] = await query(undefined);
    expect(a).toEqual(b);
    const [c, d] = await query(queries);
    expect(c).not.toEqual(d);
  });
});

/** Unit vectors around a few centres, all of them off zero. */
function clustered(rows: number, seed: number, shift: number): Matrix {
  const centres = Array.from({ length: 12 * 24 }, gaussianFrom(99));
  const noise = gaussianFrom(seed);
  const data = Float32Array.from({ length: rows * 24 }, (_, p) => {
    const row = Math.floor(p / 24);
    return centres[(row % 12) * 24 + (p % 24)] + 0.5 * noise() + 0.5 + shift * (p % 2);
  });
  return normalizeRows({ rows, columns: 24, data });
}

function gaussianFrom(seed: number): () => number {
  const random = seededRandom(seed);
  return () => gaussian(random);
}
