import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import { loadQuantizer } from '../quantizers/load.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { tune } from './tune.ts';

/** Few directions carry the spread, as in real embeddings: rotations pay. */
const lowRank = spread(600, 32, 8);

describe('tune', () => {
  it('takes what finds most, and says why', async () => {
    const { quantizer, table, reason } = await tune(lowRank, { bits: 16, rerank: 20 });
    expect(table.map((row) => row.quantizer)).toEqual(['sign', 'median', 'itq', 'autoencoder']);
    const chosen = table.filter((row) => row.chosen);
    expect(chosen).toHaveLength(1);
    expect(chosen[0]?.quantizer).toBe(quantizer.kind);
    expect(['itq', 'autoencoder']).toContain(quantizer.kind);
    expect(chosen[0]?.recall).toBeGreaterThan((table[0]?.recall ?? 1) + 0.05);
    for (const { recall, interval, beaten, chosen: isChosen } of table) {
      expect(interval[0]).toBeLessThanOrEqual(recall);
      expect(interval[1]).toBeGreaterThanOrEqual(recall);
      expect(beaten && isChosen).toBe(false);
    }
    expect(table[0]?.beaten).toBe(true);
    expect(reason).toMatch(
      /^Took (itq|autoencoder): on 120 held-out documents, it finds .* sign finds/,
    );
  });

  it('refits the choice to all vectors', async () => {
    const { quantizer } = await tune(lowRank, { bits: 16, rerank: 20, seed: 3 });
    const kind = quantizer.kind as 'itq';
    const again = await fitQuantizer(lowRank, { kind, bits: 16, seed: 3, check: false });
    const codes = again.encode(lowRank, 'document');
    expect(quantizer.encode(lowRank, 'document')).toEqual(codes);
  });

  it('keeps what it found with the quantizer', async () => {
    const { quantizer, table } = await tune(lowRank, { bits: 16, rerank: 20 });
    const { fitReport } = loadQuantizer(quantizer.save());
    expect(fitReport).toMatchObject({ asked: 'tuned', taken: quantizer.kind, rerank: 20 });
    expect(Object.values(fitReport?.recall ?? {})).toEqual(table.map(({ recall }) => recall));
  });

  it('spares what the variances say is in vain, and says so', async () => {
    const random = seededRandom(3);
    const data = Float32Array.from({ length: 600 * 16 }, () => gaussian(random));
    const even = { rows: 600, columns: 16, data };
    const { table, spared, reason } = await tune(even, { bits: 16, candidates: ['sign', 'itq'] });
    expect(table.map((row) => row.quantizer)).toEqual(['sign']);
    expect(spared).toEqual([{ quantizer: 'itq', why: expect.stringMatching(/rotation/) }]);
    expect(reason).toMatch(/itq was not fitted: vectors vary alike/);
  });

  it('refuses medians where they hurt', async () => {
    // Every value is near 1 or, four times as often, near -1: its sign says all, while the median lies
    // among the -1 and splits them by their noise.
    const random = seededRandom(6);
    const data = Float32Array.from(
      { length: 500 * 32 },
      () => (random() < 0.2 ? 1 : -1) + 0.02 * gaussian(random),
    );
    const { quantizer, table } = await tune(
      { rows: 500, columns: 32, data },
      { bits: 32, rerank: 20, scoring: 'symmetric', candidates: ['median'] },
    );
    expect(quantizer.kind).toBe('sign');
    expect(table.map((row) => [row.quantizer, row.beaten])).toEqual([
      ['sign', false],
      ['median', true],
    ]);
  });

  it('takes the simplest where nothing differs', async () => {
    // About means of nearly zero, in as many bits as dimensions.
    const centred = { bits: 32, candidates: ['sign', 'mean'] } as const;
    const { quantizer, reason } = await tune(lowRank, { ...centred, scoring: 'symmetric' });
    expect(quantizer.kind).toBe('sign');
    expect(reason).toMatch(/no other that passed finds more|may be chance, and is less simple/);
  });

  it('decides at shallower depths where re-ranking hides the difference, and says so', async () => {
    const candidates = ['sign', 'autoencoder'] as const;
    const { quantizer, table, reason } = await tune(lowRank, { bits: 16, rerank: 480, candidates });
    expect(quantizer.kind).toBe('autoencoder');
    expect(table.map(({ recall, beaten }) => [recall, beaten])).toEqual([
      [1, true],
      [1, false],
    ]);
    expect(table[0].shallower.map(({ rerank }) => rerank)).toEqual([240, 120, 60, 30, 15, 0]);
    const [sign, autoencoder] = table.map(({ shallower }) => shallower[5].recall);
    expect(autoencoder).toBeGreaterThan(sign);
    expect(reason).toMatch(/sign is level at that depth \(100.0 %\), and finds .* re-ranking only/);
  });

  it('measures what a search at each depth finds', async () => {
    const options = { bits: 16, candidates: ['sign'] } as const;
    const deep = await tune(lowRank, { ...options, rerank: 40 });
    const { shallower } = deep.table[0];
    for (const { rerank, recall } of shallower) {
      const shallow = await tune(lowRank, { ...options, rerank });
      expect(shallow.table[0].recall).toBe(recall);
      expect(shallow.table[0].shallower.length).toBeLessThan(shallower.length);
    }
  });

  it('asks the queries it is given', async () => {
    const queries = rowRange(lowRank, 0, 50);
    const { reason } = await tune(lowRank, { bits: 16, queries, candidates: ['sign'] });
    expect(reason).toMatch(/on 50 given queries/);
  });

  it('takes bytes for bits', async () => {
    const wide = spread(120, 200, 20);
    const bits = async (bytesPerVector: number, scoring: 'decoded' | 'symmetric') =>
      (await tune(wide, { bytesPerVector, scoring, candidates: ['sign'] })).quantizer.bits;
    expect(await bits(9, 'decoded')).toBe(64);
    expect(await bits(16, 'decoded')).toBe(64);
    expect(await bits(16, 'symmetric')).toBe(128);
    expect(await bits(17, 'decoded')).toBe(128);
    expect(await bits(1000, 'symmetric')).toBe(200);
  });

  it('falls back to sign with few vectors, and says so', async () => {
    const { quantizer, table, reason } = await tune(rowRange(lowRank, 0, 99), { bits: 16 });
    expect([quantizer.kind, table]).toEqual(['sign', []]);
    expect(reason).toMatch(/99 vectors are too few/);
  });

  it('is the same by seed, reports progress and stops when aborted', async () => {
    const options = { bits: 8, candidates: ['sign', 'itq'] } as const;
    const table = async (seed: number) =>
      (await tune(lowRank, { ...options, seed })).table.map(({ recall, interval }) => [
        recall,
        interval,
      ]);
    expect(await table(1)).toEqual(await table(1));
    expect(await table(1)).not.toEqual(await table(2));
    const controller = new AbortController();
    const onProgress = ({ stage, done }: { stage: string; done: number }) => {
      if (stage === 'tune' && done === 1) controller.abort(new Error('enough'));
    };
    await expect(
      tune(lowRank, { ...options, signal: controller.signal, onProgress }),
    ).rejects.toThrow('enough');
  });

  it.each([
    [{}, /expected one of the two/],
    [{ bits: 8, bytesPerVector: 8 }, /expected one of the two/],
    [{ bits: 33 }, /expected a whole number from 1 to 32/],
    [{ bytesPerVector: 8 }, /bytesPerVector: got 8, expected a whole number from 9 up/],
    [{ bits: 8, k: 0 }, /k: got 0/],
    [{ bits: 8, candidates: ['magic' as never] }, /got "magic", expected some of thresholds/],
    [{ bits: 8, queries: [[1, 2]] }, /got 2 dimensions, expected 32/],
  ])('refuses %o', async (options, message) => {
    await expect(tune(lowRank, options)).rejects.toThrow(message);
  });
});

function spread(rows: number, columns: number, rank: number): Matrix {
  const random = seededRandom(12);
  const directions = Array.from({ length: rank }, () =>
    Float64Array.from({ length: columns }, () => gaussian(random)),
  );
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (const [order, direction] of directions.entries()) {
      const strength = gaussian(random) / (order + 1);
      for (let j = 0; j < columns; j++) data[i * columns + j] += strength * direction[j];
    }
  }
  return { rows, columns, data };
}
