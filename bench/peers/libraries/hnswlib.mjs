import { join } from 'node:path';
import hnswlib from 'hnswlib-node';

export const settings = [20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 240, 320, 480].map((ef) => ({
  name: `ef ${ef}`,
  ef,
}));

export async function build({ vectors, dimensions, rows, folder }) {
  const index = new hnswlib.HierarchicalNSW('ip', dimensions);
  index.initIndex({ maxElements: rows, m: 16, efConstruction: 200, randomSeed: 1 });
  for (let i = 0; i < rows; i++) {
    index.addPoint(Array.from(vectors.subarray(i * dimensions, (i + 1) * dimensions)), i);
  }
  index.writeIndexSync(join(folder, 'index'));
  return {
    prepare({ ef }) {
      index.setEf(ef);
      return (query, k) => index.searchKnn(Array.from(query), k).neighbors;
    },
  };
}
