// Real vectors and questions, from ../shared.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generator, normals } from './generator.mjs';
import { embedTexts } from './peers/texts.mjs';
import { readPassages } from './read-passages.mjs';

const shared = fileURLToPath(new URL('../../shared/', import.meta.url));
const passages = join(shared, 'vectors/passages-minilm');
const sets = ['cranfield', 'scifact', 'datatalks-faq'];
/** How far what is made up lies off a passage, by value. */
const noise = 0.02;

export const hasPassages = existsSync(`${passages}.i8`);
export const hasTexts = existsSync(join(shared, 'text/pairs.jsonl.gz'));

/**
 * Passages spread over all that there are, and questions of other collections, by all-MiniLM-L6-v2. Where more are
 * asked for than there are, passages over and over, a little moved.
 */
export function passageVectors({ rows, queries: queryCount }) {
  const all = readPassages(passages);
  const { columns: dimensions, rows: known } = all;
  const normal = normals(generator(1));
  const vectors = new Float32Array(rows * dimensions);
  const step = Math.max(1, Math.floor(known / rows));
  for (let i = 0; i < rows; i++) {
    const from = ((i * step) % known) * dimensions;
    const to = i * dimensions;
    vectors.set(all.data.subarray(from, from + dimensions), to);
    if (i < known) continue;
    for (let j = to; j < to + dimensions; j++) vectors[j] += noise * normal();
  }
  const perSet = Math.ceil(queryCount / sets.length);
  const queries = new Float32Array(sets.length * perSet * dimensions);
  for (const [number, set] of sets.entries()) {
    const asked = readFloats(join(shared, 'data', set, 'minilm/queries.f32'));
    // Every n-th, so that the whole file is represented.
    const every = Math.max(1, Math.floor(asked.length / dimensions / perSet));
    for (let i = 0; i < perSet; i++) {
      const from = i * every * dimensions;
      const to = (number * perSet + i) * dimensions;
      queries.set(asked.subarray(from, from + dimensions), to);
    }
  }
  const description = 'passages embedded with all-MiniLM-L6-v2, questions of other collections';
  return { dimensions, vectors, queries, description };
}

/** Pieces of text and real questions by the bundled model, kept in a folder: by default, in `.cache`. */
export async function textVectors({
  rows,
  queries,
  whole = false,
  folder = textsFolder({ rows, queries }),
}) {
  const [vectorsFile, queriesFile] = ['vectors.f32', 'queries.f32'].map((file) =>
    join(folder, file),
  );
  if (!existsSync(queriesFile)) {
    const made = await embedTexts(join(shared, 'text'), { rows, queries, whole });
    mkdirSync(folder, { recursive: true });
    writeFileSync(vectorsFile, bytesOf(made.vectors));
    // Last, so that what is there is whole.
    writeFileSync(queriesFile, bytesOf(made.queries));
  }
  const vectors = readFloats(vectorsFile);
  return {
    dimensions: vectors.length / rows,
    vectors,
    queries: readFloats(queriesFile),
    description: 'pieces of passages and real questions, embedded with the bundled model',
  };
}

export function textsFolder({ rows, queries }) {
  return fileURLToPath(new URL(`../.cache/texts-${rows}-${queries}`, import.meta.url));
}

export function readFloats(file) {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const isWhole = byteLength === buffer.byteLength;
  return new Float32Array(isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength));
}

/** A float array as it is written. */
export function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
