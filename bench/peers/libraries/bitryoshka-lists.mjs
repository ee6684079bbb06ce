// Codes in inverted lists, of which a search looks through the nearest: for millions of vectors.
import { BinaryIndex, fitQuantizer, lists } from '../../../packages/core/dist/index.js';
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
    rotation: { nested: [prefixBits] },
    decoder: false,
    sampleSize: 5000,
  });
  const index = new BinaryIndex({ quantizer, prefixBits });
  for (let start = 0; start < rows; start += blockRows) {
    index.add(blockOf(given, start, Math.min(rows, start + blockRows)));
  }
  const nlist = Math.round(Math.sqrt(rows));
  await index.attach(lists({ nlist, copies: 2 }));
  await index.maintain();
  return {
    prepare({ share, prefixes, queryDigits, rerank }) {
      const nprobe = Math.ceil((share / 100) * nlist);
      return (query, k) =>
        index.search(query, { k, prefixes, queryDigits, rerank, nprobe }).map(({ row }) => row);
    },
    write: () => writeIndex(folder, quantizer, rows, 4 * dimensions),
  };
}
