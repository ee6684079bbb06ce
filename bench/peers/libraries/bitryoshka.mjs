import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlatIndex, fitQuantizer } from '../../../packages/core/dist/index.js';

/** How many rows the bit scan hands on, and how many of them are scored with their vectors. */
const depths = [
  [500, 50],
  [1000, 60],
  [1000, 100],
  [2000, 100],
  [2000, 150],
  [2000, 200],
  [4000, 200],
  [4000, 400],
];

export const settings = depths.map(([candidates, rerank]) => ({
  name: `${candidates} by bits, ${rerank} by vectors`,
  candidates,
  rerank,
}));

export async function buildIndex({ vectors, dimensions, rows, folder }, bits) {
  const matrix = { rows, columns: dimensions, data: vectors };
  const quantizer = await fitQuantizer(matrix, { kind: 'autoencoder', bits });
  const index = new FlatIndex(quantizer);
  index.add(matrix);
  writeFileSync(join(folder, 'quantizer'), quantizer.save());
  writeFileSync(join(folder, 'codes'), index.codes().data);
  return {
    prepare:
      ({ candidates, rerank }) =>
      (query, k) =>
        index.search(query, { k, candidates, rerank }).map(({ row }) => row),
  };
}
