// The vectors that every library gets: real ones where they lie beside the checkout, otherwise vectors
// with the same spectrum. Both are written to one folder, where each measuring process reads them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomLcg, randomNormal } from 'd3-random';
import { ExactIndex } from '../../packages/core/dist/index.js';
import { embedTexts } from './texts.mjs';

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
const sets = ['cranfield', 'scifact', 'datatalks-faq'];
const nearest = 10;

/**
 * Writes `vectors.f32`, `queries.f32` and `truth.u32` (the nearest rows of each query) to `folder`.
 *
 * @param source `texts`: pieces of text, as many as there are to be vectors, and real questions about them
 */
export async function writeVectors(folder, { rows, queries: queryCount, source }) {
  const { dimensions, vectors, queries, description } = await (source === 'texts'
    ? embedTexts(join(shared, 'text'), { rows, queries: queryCount })
    : existsSync(join(shared, 'vectors/passages-minilm.i8'))
      ? readPassages(rows, queryCount)
      : drawVectors(rows, queryCount));
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
  writeFileSync(join(folder, 'vectors.f32'), asBytes(vectors));
  writeFileSync(join(folder, 'queries.f32'), asBytes(queries));
  writeFileSync(join(folder, 'truth.u32'), asBytes(truth));
  return {
    source: description,
    dimensions,
    rows: vectors.length / dimensions,
    queries: queries.length / dimensions,
  };
}

export function readFloats(file) {
  return new Float32Array(readWords(file));
}

export function readRows(file) {
  return new Uint32Array(readWords(file));
}

function readWords(file) {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return byteLength === buffer.byteLength
    ? buffer
    : buffer.slice(byteOffset, byteOffset + byteLength);
}

/** Passages over and over, a little moved, where more are asked for than there are. */
function readPassages(rows, queryCount) {
  const dimensions = 384;
  const values = new Int8Array(readFileSync(join(shared, 'vectors/passages-minilm.i8')));
  const scales = readFloats(join(shared, 'vectors/passages-minilm.scale.f32'));
  const gaussian = randomNormal.source(randomLcg(1))();
  const vectors = new Float32Array(rows * dimensions);
  for (let i = 0; i < rows; i++) {
    const from = (i % scales.length) * dimensions;
    const noise = i < scales.length ? 0 : 0.02;
    for (let j = 0; j < dimensions; j++) {
      vectors[i * dimensions + j] =
        values[from + j] * scales[i % scales.length] + noise * gaussian();
    }
  }
  const perSet = Math.ceil(queryCount / sets.length);
  const parts = sets.map((set) => {
    const all = readFloats(join(shared, 'data', set, 'minilm/queries.f32'));
    // Every n-th, so that the whole file is represented.
    const step = Math.max(1, Math.floor(all.length / dimensions / perSet));
    const part = new Float32Array(perSet * dimensions);
    for (let i = 0; i < perSet; i++) {
      part.set(all.subarray(i * step * dimensions, (i * step + 1) * dimensions), i * dimensions);
    }
    return part;
  });
  const queries = new Float32Array(parts.length * perSet * dimensions);
  parts.forEach((part, i) => {
    queries.set(part, i * perSet * dimensions);
  });
  const description = 'passages embedded with all-MiniLM-L6-v2, questions of other collections';
  return { dimensions, vectors, queries, description };
}

/** Variances that fall with the power of the position that was measured on MiniLM's components. */
function drawVectors(rows, queryCount) {
  const dimensions = 384;
  const gaussian = randomNormal.source(randomLcg(1))();
  const spreads = Float32Array.from({ length: dimensions }, (_, j) => (j + 8) ** -0.45);
  const draw = (count) =>
    Float32Array.from(
      { length: count * dimensions },
      (_, p) => gaussian() * spreads[p % dimensions],
    );
  const description = 'random vectors with the spectrum of all-MiniLM-L6-v2';
  return { dimensions, vectors: draw(rows), queries: draw(queryCount), description };
}

function normalize(vectors, dimensions) {
  for (let start = 0; start < vectors.length; start += dimensions) {
    let square = 0;
    for (let j = start; j < start + dimensions; j++) square += vectors[j] ** 2;
    const inverse = 1 / Math.sqrt(square);
    for (let j = start; j < start + dimensions; j++) vectors[j] *= inverse;
  }
}

function asBytes({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
