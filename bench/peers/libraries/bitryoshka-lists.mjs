// Codes in inverted lists, of which a search looks through the nearest: for millions of vectors.
import { fitQuantizer } from '../../../packages/core/dist/index.js';
import { InvertedIndex } from '../../../packages/core/dist/search/inverted/index.js';
import { blockOf, writeIndex } from './bitryoshka.mjs';

/** How many of a hundred lists are looked through. */
const shares = [2, 4, 6, 8, 12, 16, 20, 30];
/** Rows that the scan of prefixes hands on for each of their two copies, and how many are scored with their vectors. */
const funnels = [
  [350, 100],
  [500, 120],
  [700, 150],
  [1000, 200],
  [1500, 300],
  [2500, 500],
];
const blockRows = 10_000;

export const settings = shares.flatMap((share) =>
  funnels.map(([prefixes, rerank]) => ({
    name: `${share} % of the lists, ${prefixes} by prefixes, ${rerank} by vectors`,
    share,
    prefixes,
    queryDigits: 4,
    rerank,
  })),
);

export async function build(given) {
  const { rows, dimensions, folder } = given;
  const prefixBits = Math.min(192, dimensions - 8);
  const quantizer = await fitQuantizer(blockOf(given, 0, rows), {
    kind: 'itq',
    bits: Math.min(384, dimensions),
    nested: [prefixBits],
    decoder: false,
    sampleSize: 5000,
  });
  const index = await InvertedIndex.train(blockOf(given, 0, rows), quantizer, {
    copies: 2,
    prefixBits,
  });
  for (let start = 0; start < rows; start += blockRows) {
    index.add(blockOf(given, start, Math.min(rows, start + blockRows)));
  }
  await index.maintain();
  return {
    prepare({ share, prefixes, queryDigits, rerank }) {
      const probes = Math.ceil((share / 100) * index.lists);
      return (query, k) =>
        index.search(query, { k, prefixes, queryDigits, rerank, probes }).map(({ row }) => row);
    },
    write: () => writeIndex(folder, quantizer, rows, 4 * dimensions),
  };
}
