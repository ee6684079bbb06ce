import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { MatryoshkaEmbeddings } from '../../packages/transformers-embedder/dist/index.js';

/** A piece of text ends with a sentence, behind at least as many characters. */
const fewestCharacters = 60;
const blockTexts = 20_000;

/**
 * Passages, cut into pieces, and questions, embedded with the bundled model. With `whole`, passages as they are come
 * first, and pieces of them fill up what is missing.
 *
 * @throws Error where there are no texts, or not enough of them
 */
export async function embedTexts(folder, { rows, queries: queryCount, whole = false }) {
  const [passages, pairs] = ['passages', 'pairs'].map((name) => join(folder, `${name}.jsonl.gz`));
  if (!existsSync(pairs)) throw new Error(`${pairs} is missing: leave out --texts.`);
  const pieces = new Set();
  const questions = new Set();
  for (const cutting of whole ? [(text) => [text], cut] : [cut]) {
    for (const file of [passages, pairs]) {
      for await (const { text, query } of lines(file)) {
        if (query) questions.add(query);
        for (const piece of cutting(text)) if (pieces.size < rows) pieces.add(piece);
      }
    }
  }
  for (const piece of pieces) questions.delete(piece);
  if (pieces.size < rows || questions.size < queryCount) {
    throw new Error(`got ${pieces.size} pieces and ${questions.size} questions: ask for fewer.`);
  }
  // Every n-th, so that all sources are represented.
  const step = Math.floor(questions.size / queryCount);
  const asked = [...questions].filter((_, i) => i % step === 0).slice(0, queryCount);
  const embeddings = new MatryoshkaEmbeddings();
  const { columns: dimensions, data: queries } = await embeddings.embedMatrix(asked, 'query');
  const vectors = new Float32Array(rows * dimensions);
  const texts = [...pieces];
  for (let start = 0; start < rows; start += blockTexts) {
    const block = texts.slice(start, start + blockTexts);
    vectors.set((await embeddings.embedMatrix(block, 'document')).data, start * dimensions);
  }
  return { vectors, queries };
}

async function* lines(file) {
  const input = createReadStream(file).pipe(createGunzip());
  for await (const line of createInterface({ input })) yield JSON.parse(line);
}

/** Runs of sentences. */
function* cut(text) {
  let start = 0;
  for (const { index } of text.matchAll(/[.!?](?=\s)/g)) {
    if (index + 1 - start < fewestCharacters) continue;
    yield text.slice(start, index + 1).trim();
    start = index + 1;
  }
  const rest = text.slice(start).trim();
  if (rest.length >= fewestCharacters / 2) yield rest;
}
