// What do fewer dimensions and fewer bits of each keep? Usage: node mrl-playground.mjs [FILE of a text in each line]
import { readFileSync } from 'node:fs';
import { BinaryIndex, fitQuantizer, row, truncateMatryoshka } from '@bitryoshka/core';
import { overlap } from '@bitryoshka/core/evaluation';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

const k = 5;
const [file = new URL('texts.txt', import.meta.url)] = process.argv.slice(2);
const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
const isQuestion = (line) => line.endsWith('?');
const texts = lines.filter((line) => !isQuestion(line));

const embeddings = new MatryoshkaEmbeddings();
const documents = await embeddings.embedMatrix(texts, 'document');
const queries = await embeddings.embedMatrix(lines.filter(isQuestion), 'query');

const stored = (storage) => (dimensions) => new BinaryIndex({ dimensions, storage });
/** How the values of a vector are kept, and the bytes that `d` of them take, a scale of four included. */
const formats = [
  ['float32', (d) => 4 * d, stored('float32')],
  ['int8', (d) => d + 4, stored('int8')],
  ['int4', (d) => d / 2 + 4, stored('int4')],
  ['int2', (d) => d / 4 + 4, stored('int2')],
  ['1 bit', (d) => d / 8, codes],
];

/** Signs of as many random directions; `rerank: 0` below reads nothing else. */
async function codes(bits, vectors) {
  const quantizer = await fitQuantizer(vectors, { kind: 'random', bits, decoder: false });
  return new BinaryIndex({ quantizer });
}

/** The texts that each question finds. */
async function find(dimensions, create) {
  const vectors = truncateMatryoshka(documents, { dimensions });
  const asked = truncateMatryoshka(queries, { dimensions });
  const index = await create(dimensions, vectors);
  index.add(vectors);
  return Array.from({ length: asked.rows }, (_, i) =>
    index.search(row(asked, i), { k, rerank: 0 }).map(({ row: found }) => found),
  );
}

const all = documents.columns;
const nearest = await find(all, stored('float32'));
console.log(
  `${texts.length} texts, ${queries.rows} questions: recall of the ${k} nearest, bytes of a vector`,
);
console.log(
  ['dimensions', ...formats.map(([name]) => name)].map((cell) => cell.padStart(12)).join(''),
);
for (const dimensions of [all, 192, 128, 96, 64, 32]) {
  const cells = [];
  for (const [, bytes, create] of formats) {
    const found = await find(dimensions, create);
    const recalls = found.map((rows, i) => overlap(rows, nearest[i]));
    const recall = recalls.reduce((sum, one) => sum + one, 0) / recalls.length;
    cells.push(`${recall.toFixed(2)} ${String(bytes(dimensions)).padStart(5)}`);
  }
  console.log([String(dimensions), ...cells].map((cell) => cell.padStart(12)).join(''));
}
