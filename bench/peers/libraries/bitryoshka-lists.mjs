// Codes in inverted lists, of which a search looks through the nearest: for millions of vectors.
import { fitQuantizer } from '../../../packages/core/dist/index.js';
import { InvertedIndex } from '../../../packages/core/dist/search/inverted/index.js';
import { blockOf, depths, writeIndex } from './bitryoshka.mjs';

/** How many of a hundred lists are looked through. */
const shares = [2, 4, 8, 12, 16];
const blockRows = 10_000;

export const settings = shares.flatMap((share) =>
  depths
    .filter(([candidates]) => candidates >= 1000 && candidates <= 5000)
    .map(([candidates, rerank]) => ({
      name: `${share} % of the lists, ${candidates} by bits, ${rerank} by vectors`,
      share,
      candidates,
      queryDigits: 4,
      rerank,
    })),
);

export async function build(given) {
  const { rows, dimensions, folder } = given;
  const quantizer = await fitQuantizer(blockOf(given, 0, rows), {
    kind: 'random',
    bits: Math.min(384, dimensions),
    decoder: false,
    sampleSize: 5000,
  });
  const index = await InvertedIndex.train(blockOf(given, 0, rows), quantizer, { copies: 2 });
  for (let start = 0; start < rows; start += blockRows) {
    index.add(blockOf(given, start, Math.min(rows, start + blockRows)));
  }
  await index.maintain();
  return {
    prepare({ share, candidates, queryDigits, rerank }) {
      const probes = Math.ceil((share / 100) * index.lists);
      return (query, k) =>
        index.search(query, { k, candidates, queryDigits, rerank, probes }).map(({ row }) => row);
    },
    write: () => writeIndex(folder, quantizer, rows, 4 * dimensions),
  };
}
