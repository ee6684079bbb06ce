import { join } from 'node:path';
import { Index, MetricKind, ScalarKind } from 'usearch';

export const settings = [20, 40, 64, 96, 112, 128, 160, 192, 224, 256, 384].map((expansion) => ({
  name: `expansion ${expansion}`,
  expansion,
}));

/** The width of the search is fixed when an index is made: one is saved, and loaded for every width. */
export async function buildIndex({ vectors, dimensions, rows, folder }, quantization) {
  const make = (expansion) =>
    new Index({
      dimensions,
      metric: MetricKind.IP,
      quantization: ScalarKind[quantization],
      connectivity: 16,
      expansion_add: 128,
      expansion_search: expansion,
      multi: false,
    });
  const built = make(64);
  for (let i = 0; i < rows; i++) {
    built.add(BigInt(i), vectors.subarray(i * dimensions, (i + 1) * dimensions), 1);
  }
  built.save(join(folder, 'index'));
  return {
    prepare({ expansion }) {
      const index = make(expansion);
      index.load(join(folder, 'index'));
      return (query, k) => index.search(query, k, 1).keys;
    },
  };
}
