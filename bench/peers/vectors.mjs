// The vectors that every library gets: real ones where they lie beside the checkout, otherwise vectors
// with the same spectrum. Both are written to one folder, where each measuring process reads them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExactIndex } from '../../packages/core/dist/index.js';
import { generator, normals } from '../generator.mjs';
import { bytesOf, hasPassages, passageVectors, textVectors } from '../real-vectors.mjs';

const nearest = 10;

/**
 * Writes `vectors.f32`, `queries.f32` and `truth.u32` (the nearest rows of each query) to `folder`.
 *
 * @param source `texts`: pieces of text, as many as there are to be vectors, and real questions about them
 */
export async function writeVectors(folder, { source, ...counts }) {
  const { dimensions, vectors, queries, description } =
    source === 'texts'
      ? await textVectors(counts)
      : hasPassages
        ? passageVectors(counts)
        : drawVectors(counts);
  normalize(vectors, dimensions);
  normalize(queries, dimensions);
  const exact = new ExactIndex(dimensions);
  exact.add({ rows: vectors.length / dimensions, columns: dimensions, data: vectors });
  const truth = new Uint32Array((queries.length / dimensions) * nearest);
  for (let i = 0; i < queries.length / dimensions; i++) {
    const query = queries.subarray(i * dimensions, (i + 1) * dimensions);
    exact.search(query, { k: nearest }).forEach(({ row }, j) => {
      truth[i * nearest + j] = row;
    });
  }
  writeFileSync(join(folder, 'vectors.f32'), bytesOf(vectors));
  writeFileSync(join(folder, 'queries.f32'), bytesOf(queries));
  writeFileSync(join(folder, 'truth.u32'), bytesOf(truth));
  return {
    source: description,
    dimensions,
    rows: vectors.length / dimensions,
    queries: queries.length / dimensions,
  };
}

export function readRows(file) {
  return new Uint32Array(new Uint8Array(readFileSync(file)).buffer);
}

/** Variances that fall with the power of the position that was measured on MiniLM's components. */
function drawVectors({ rows, queries }) {
  const dimensions = 384;
  const gaussian = normals(generator(1));
  const spreads = Float32Array.from({ length: dimensions }, (_, j) => (j + 8) ** -0.45);
  const draw = (count) =>
    Float32Array.from(
      { length: count * dimensions },
      (_, p) => gaussian() * spreads[p % dimensions],
    );
  const description = 'random vectors with the spectrum of all-MiniLM-L6-v2';
  return { dimensions, vectors: draw(rows), queries: draw(queries), description };
}

function normalize(vectors, dimensions) {
  for (let start = 0; start < vectors.length; start += dimensions) {
    let square = 0;
    for (let j = start; j < start + dimensions; j++) square += vectors[j] ** 2;
    const inverse = 1 / Math.sqrt(square);
    for (let j = start; j < start + dimensions; j++) vectors[j] *= inverse;
  }
}
