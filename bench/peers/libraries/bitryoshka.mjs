import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlatIndex, fitQuantizer } from '../../../packages/core/dist/index.js';

/** How many rows the bit scan hands on, and how many of them are scored with their vectors. */
const depths = [
  [150, 40],
  [250, 50],
  [300, 60],
  [400, 80],
  [500, 80],
  [500, 100],
  [700, 100],
  [1000, 100],
  [1000, 150],
  [1500, 150],
  [1500, 200],
  [2000, 200],
  [3000, 300],
];
/** Vectors that are encoded at a time. */
const blockRows = 2000;

export const settings = depths.map(([candidates, rerank]) => ({
  name: `${candidates} by bits, ${rerank} by vectors`,
  candidates,
  rerank,
}));

/** A bit for every dimension, turned at random: nothing to learn, and as good as what is learned. */
export const build = (given) => buildIndex(given, { kind: 'random', bits: 384 });

export async function buildIndex({ vectors, dimensions, rows, folder }, { kind, bits, storage }) {
  const block = (start, end) => ({
    rows: end - start,
    columns: dimensions,
    data: vectors.subarray(start * dimensions, end * dimensions),
  });
  const quantizer = await fitQuantizer(block(0, rows), {
    kind,
    bits: Math.min(bits, dimensions),
    decoder: false,
    sampleSize: 5000,
  });
  const index = new FlatIndex(quantizer, undefined, undefined, { storage });
  for (let start = 0; start < rows; start += blockRows) {
    index.add(block(start, Math.min(rows, start + blockRows)));
  }
  return {
    prepare:
      ({ candidates, rerank }) =>
      (query, k) =>
        index.search(query, { k, candidates, rerank }).map(({ row }) => row),
    /** What is read back when a program starts: codes, and vectors as they are kept. */
    write() {
      writeFileSync(join(folder, 'quantizer'), quantizer.save());
      writeFileSync(join(folder, 'codes'), index.codes().data);
      const vectorBytes = new Uint8Array(rows * index.bytesPerVector);
      writeFileSync(join(folder, 'vectors'), vectorBytes);
    },
  };
}
