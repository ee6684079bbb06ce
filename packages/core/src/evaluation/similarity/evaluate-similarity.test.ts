import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../../quantizers/fit.ts';
import { BinaryIndex } from '../../search/binary-index.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { cosinePairScores } from './cosine-pair-scores.ts';
import { evaluateSimilarity } from './evaluate-similarity.ts';
import { asymmetricPairScores, pairScorers, symmetricPairScores } from './pair-scorers.ts';
import { samplePairs } from './sample-pairs.ts';

const random = seededRandom(6);
const vectors: Matrix = {
  rows: 300,
  columns: 24,
  data: Float32Array.from({ length: 300 * 24 }, () => gaussian(random)),
};
const first = rowRange(vectors, 0, 100);
const second = rowRange(vectors, 100, 200);
const itq = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });
const sign = await fitQuantizer(vectors, { kind: 'sign', bits: 9, decoder: false });

describe('pair scores', () => {
  it('are cosines, 0 for a zero vector', () => {
    const some = { rows: 3, columns: 2, data: Float32Array.of(1, 0, 3, 4, 0, 0) };
    const others = { rows: 3, columns: 2, data: Float32Array.of(1, 1, -6, -8, 1, 2) };
    const scores = cosinePairScores(some, others);
    expect(scores[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(scores[1]).toBeCloseTo(-1, 6);
    expect(scores[2]).toBe(0);
  });

  it('are cosines with the decoded codes', () => {
    const decoded = pairScorers(itq).get('decoded')?.(first, second);
    const restored = itq.decoder?.decode(itq.encode(second, 'document')) as Matrix;
    expect(decoded?.[7]).toBeCloseTo(cosine(row(first, 7), row(restored, 7)), 6);
    expect(pairScorers(sign).has('decoded')).toBe(false);
  });

  // Without a threshold per side, the index treats a query as a document.
  it.each([
    { quantizer: itq, kind: 'itq' },
    { quantizer: sign, kind: 'sign' },
  ])('are those of the index ($kind)', ({ quantizer }) => {
    const index = new BinaryIndex({ quantizer });
    index.add(second);
    const symmetric = symmetricPairScores(quantizer, first, second);
    const asymmetric = asymmetricPairScores(quantizer, first, second);
    const scoreOf = (i: number, scoring: 'symmetric' | 'asymmetric') =>
      index
        .search(row(first, i), { k: 100, scoring, rerank: 0, candidates: 100 })
        .filter((scored) => scored.row === i)[0]?.score;
    for (let i = 0; i < 100; i++) {
      expect(symmetric[i]).toBeCloseTo(scoreOf(i, 'symmetric') ?? Number.NaN, 10);
      expect(asymmetric[i]).toBeCloseTo(scoreOf(i, 'asymmetric') ?? Number.NaN, 6);
    }
  });
});

describe('evaluateSimilarity', () => {
  const similarities = cosinePairScores(first, second);
  const task = { name: 'pairs', first, second, similarities };

  it('gives a row for the floats, then one per quantizer and scoring', async () => {
    const rows = await evaluateSimilarity(task, { quantizers: [sign, itq] });
    expect(rows.map((r) => [r.quantizer, r.bits, r.bytesPerVector, r.scoring])).toEqual([
      ['float32', 768, 96, 'float'],
      ['sign', 9, 8, 'symmetric'],
      ['sign', 9, 8, 'asymmetric'],
      ['itq', 24, 8, 'symmetric'],
      ['itq', 24, 8, 'asymmetric'],
      ['itq', 24, 9, 'decoded'],
    ]);
    expect(rows[0]).toMatchObject({ spearman: 1 });
    const [, fewBits, , symmetric, asymmetric, decoded] = rows.map(({ spearman }) => spearman);
    expect(asymmetric).toBeGreaterThan(symmetric);
    expect(symmetric).toBeGreaterThan(fewBits);
    expect(asymmetric).toBeLessThan(0.95);
    expect(asymmetric).toBeGreaterThan(0.7);
    expect(decoded).toBeGreaterThan(0.7);
    expect(decoded).toBeLessThan(0.95);
  });

  it('takes any scale of similarity', async () => {
    const graded = { ...task, similarities: similarities.map((value) => 5 * Math.exp(value)) };
    const [floats, ...codes] = await evaluateSimilarity(graded, { quantizers: [itq] });
    expect(floats.spearman).toBe(1);
    expect(floats.pearson).toBeLessThan(1);
    const plain = await evaluateSimilarity(task, { quantizers: [itq] });
    expect(codes.map(({ spearman }) => spearman)).toEqual(
      plain.slice(1).map(({ spearman }) => spearman),
    );
  });

  it('measures only the scorings that are asked for, reports progress and stops when aborted', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const options = {
      quantizers: [sign, itq],
      scorings: ['symmetric'] as const,
      onProgress: ({ done }: { done: number }) => void seen.push(done),
    };
    expect(await evaluateSimilarity(task, options)).toHaveLength(3);
    expect(seen).toEqual([0, 1, 2]);
    controller.abort(new Error('enough'));
    await expect(
      evaluateSimilarity(task, { ...options, signal: controller.signal }),
    ).rejects.toThrow('enough');
  });

  it.each([
    ['a side too short', { ...task, second: rowRange(second, 1, 100) }, 'dimension-mismatch'],
    ['similarities missing', { ...task, similarities: [1, 2] }, 'dimension-mismatch'],
    ['NaN', { ...task, similarities: similarities.map(() => Number.NaN) }, 'not-finite'],
    [
      'sides of different models',
      { ...task, second: { rows: 100, columns: 12, data: second.data.slice(0, 1200) } },
      'dimension-mismatch',
    ],
    [
      'one pair',
      {
        name: 'one',
        first: rowRange(first, 0, 1),
        second: rowRange(second, 0, 1),
        similarities: [1],
      },
      'empty-input',
    ],
  ])('refuses %s', async (_what, wrong, code) => {
    await expect(evaluateSimilarity(wrong, { quantizers: [itq] })).rejects.toMatchObject({ code });
  });

  it('refuses an unknown scoring and a quantizer of another dimension', async () => {
    await expect(
      evaluateSimilarity(task, { quantizers: [itq], scorings: ['float' as never] }),
    ).rejects.toThrow(/got "float", expected one of symmetric, asymmetric, decoded/);
    await expect(
      evaluateSimilarity(task, { quantizers: [sign], scorings: ['decoded'] }),
    ).rejects.toMatchObject({ code: 'invalid-option' });
    const other = await fitQuantizer([[1, 2, 3]], { kind: 'sign', bits: 3 });
    await expect(evaluateSimilarity(task, { quantizers: [other] })).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
  });
});

describe('samplePairs', () => {
  it('pairs different vectors, each as likely, and measures their float cosine', () => {
    const numbered = Array.from({ length: 5 }, (_, i) => [i + 1, 1]);
    const { first: some, second: others, similarities } = samplePairs(numbered, { pairs: 20_000 });
    const counts = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      const key = `${row(some, i)[0]} ${row(others, i)[0]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(20);
    // 1000 expected of each; five standard deviations are 154.
    for (const [key, count] of counts) {
      expect(new Set(key.split(' ')).size).toBe(2);
      expect(Math.abs(count - 1000)).toBeLessThan(154);
    }
    expect(similarities).toEqual(cosinePairScores(some, others));
  });

  it('depends on nothing but the seed', () => {
    expect(samplePairs(vectors, { pairs: 50, seed: 3 })).toEqual(
      samplePairs(vectors, { pairs: 50, seed: 3 }),
    );
    expect(samplePairs(vectors, { pairs: 50, seed: 4 })).not.toEqual(
      samplePairs(vectors, { pairs: 50, seed: 3 }),
    );
  });

  it('ranks by real floats as a task of its own', async () => {
    const rows = await evaluateSimilarity(samplePairs(vectors, { pairs: 500 }), {
      quantizers: [itq],
    });
    expect(rows[0].spearman).toBe(1);
    expect(rows[2].spearman).toBeGreaterThan(0.7);
  });

  it('refuses a single vector and too few pairs', () => {
    expect(() => samplePairs([[1, 2]])).toThrow(
      expect.objectContaining({ code: 'not-enough-vectors' }),
    );
    expect(() => samplePairs(vectors, { pairs: 1 })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });
});

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i], 0);
  return dot / Math.hypot(...a) / Math.hypot(...b);
}
