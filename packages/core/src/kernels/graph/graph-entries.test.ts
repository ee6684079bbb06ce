import { expect, it } from 'vitest';
import { GraphEntries, mostEntries } from './graph-entries.ts';

it('spreads entries over all nodes, however many there are', () => {
  const entries = new GraphEntries();
  for (let node = 0; node < 100_000; node++) entries.note(node, true);
  const nodes = entries.nodes.toSorted((a, b) => a - b);
  expect(nodes.length).toBeGreaterThan(mostEntries / 2);
  const gaps = nodes.map((node, i) => node - (nodes[i - 1] ?? 0));
  expect(Math.max(...gaps, 100_000 - (nodes.at(-1) ?? 0))).toBeLessThan(20_000);
  expect(nodes.length).toBeLessThanOrEqual(mostEntries);
});

it('takes up every node that nothing is linked with', () => {
  const entries = new GraphEntries();
  for (let node = 0; node < 1001; node++) entries.note(node, true);
  expect(entries.note(5000, true)).toBe(false);
  expect(entries.note(5001, false)).toBe(true);
  expect(entries.nodes).toContain(5001);
});

it('keeps what stays, or begins with the first that does', () => {
  const entries = new GraphEntries();
  for (let node = 0; node < 10; node++) entries.note(node, true);
  entries.keep((node) => node > 6, 10);
  expect(entries.nodes).toEqual([7, 8, 9]);
  entries.keep((node) => node === 5, 10);
  expect(entries.nodes).toEqual([5]);
  entries.keep(() => false, 10);
  expect(entries.nodes).toEqual([]);
});
