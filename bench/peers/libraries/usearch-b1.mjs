// Bits in a graph, re-ranked with the vectors: the nearest relative of what we do.
import { join } from 'node:path';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { fitQuantizer } from '../../../packages/core/dist/index.js';

const bits = 256;

export const settings = [100, 200, 400, 800].map((candidates) => ({
  name: `${candidates} by bits and vectors`,
  candidates,
}));

export async function build({ vectors, dimensions, rows, folder }) {
  const matrix = { rows, columns: dimensions, data: vectors };
  const quantizer = await fitQuantizer(matrix, { kind: 'itq', bits });
  const make = (expansion) =>
    new Index({
      dimensions: bits,
      metric: MetricKind.Hamming,
      quantization: ScalarKind.B1,
      connectivity: 16,
      expansion_add: 128,
      expansion_search: expansion,
      multi: false,
    });
  const built = make(64);
  // It takes the signs itself.
  const { data } = quantizer.project(matrix, 'document');
  for (let i = 0; i < rows; i++) {
    built.add(BigInt(i), data.subarray(i * bits, (i + 1) * bits), 1);
  }
  built.save(join(folder, 'index'));
  return {
    prepare({ candidates }) {
      const index = make(candidates);
      index.load(join(folder, 'index'));
      return (query, k) => {
        const projection = quantizer.project([query], 'query').data;
        const found = Array.from(index.search(projection, candidates, 1).keys, Number);
        return nearestOf(found, vectors, query, k);
      };
    },
  };
}

/** Re-ranks candidates by inner product with their vectors. */
export function nearestOf(rows, vectors, query, k) {
  const scored = rows.map((row) => {
    const start = row * query.length;
    let sum = 0;
    for (let j = 0; j < query.length; j++) sum += vectors[start + j] * query[j];
    return { row, sum };
  });
  scored.sort((a, b) => b.sum - a.sum);
  return scored.slice(0, k).map(({ row }) => row);
}
