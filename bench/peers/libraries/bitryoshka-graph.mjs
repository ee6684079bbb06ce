// Codes in a graph, along whose links a search walks.
import { BinaryIndex, fitQuantizer, graph } from '../../../packages/core/dist/index.js';
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

export const settings = depths.map(([efSearch, rerank]) => ({
  name: `a walk for ${efSearch}, ${rerank} by vectors`,
  efSearch,
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
  const index = new BinaryIndex({ quantizer, storage: 'float16' });
  // On an index without rows, so that each is linked as it is added, on this core.
  await index.attach(graph(rows < manyRows ? { M: 20 } : { M: 32, efConstruction: 200 }));
  for (let start = 0; start < rows; start += blockRows) {
    index.add(blockOf(given, start, Math.min(rows, start + blockRows)));
  }
  return {
    prepare:
      ({ efSearch, rerank }) =>
      (query, k) =>
        index.search(query, { k, efSearch, rerank }).map(({ row }) => row),
    write: () => writeIndex(folder, quantizer, rows, 2 * dimensions),
  };
}
