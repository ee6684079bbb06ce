import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    lines.push(
      values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' '),
    );
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

it('quantize-vectors finds the vector and others of its cluster', async () => {
  await import('./quantize-vectors.mjs');
  expect(lines[0]).toMatch(/a vector: 384 bytes, its code: 8$/);
  expect(lines[1]).toBe('row 123, cluster 3, cosine 1.000');
  expect(lines[2]).toMatch(/cluster 3/);
  expect(lines[3]).toMatch(/cluster 3/);
  expect(lines[4]).toBe('2 codes of 8 bytes');
});

it('retriever finds the passage that answers, and filters', async () => {
  await import('./retriever.mjs');
  expect(lines[0]).toMatch(/router/);
  expect(lines[1]).toMatch(/tomatoes/);
  expect(lines[1]).toMatch(/mower/);
});
