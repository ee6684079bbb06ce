// Codes in a graph, along whose links a search walks.
import { fitQuantizer } from '../../../packages/core/dist/index.js';
import { GraphIndex } from '../../../packages/core/dist/search/graph/index.js';
import { blockOf, writeIndex } from './bitryoshka.mjs';

/** How many rows a walk keeps, and how many of them are scored with their vectors. */
const depths = [
  [80, 80],
  [100, 100],
  [130, 130],
  [150, 150],
  [180, 180],
  [200, 200],
  [220, 220],
  [250, 250],
  [270, 270],
  [300, 200],
  [300, 300],
  [330, 300],
  [370, 300],
  [400, 300],
  [400, 400],
  [430, 430],
  [500, 400],
  [600, 400],
  [600, 600],
  [800, 600],
  [1000, 800],
  [1500, 1000],
];
const blockRows = 2000;
/** From so many rows on, codes have more links, which are chosen with more care. */
const manyRows = 300_000;

export const settings = depths.map(([candidates, rerank]) => ({
  name: `a walk for ${candidates}, ${rerank} by vectors`,
  candidates,
  rerank,
}));

export async function build(given) {
  const { rows, dimensions, folder } = given;
  // As many as a line of a processor's cache holds: a walk waits no longer for them than for fewer.
  const quantizer = await fitQuantizer(blockOf(given, 0, rows), {
    kind: 'random',
    bits: 512,
    decoder: false,
    sampleSize: 5000,
  });
  const index = new GraphIndex(quantizer, {
    storage: 'float16',
    ...(rows < manyRows ? { links: 40 } : { links: 64, linkCandidates: 200 }),
  });
  for (let start = 0; start < rows; start += blockRows) {
    index.add(blockOf(given, start, Math.min(rows, start + blockRows)));
  }
  return {
    prepare:
      ({ candidates, rerank }) =>
      (query, k) =>
        index.search(query, { k, candidates, rerank }).map(({ row }) => row),
    write: () => writeIndex(folder, quantizer, rows, 2 * dimensions),
  };
}
