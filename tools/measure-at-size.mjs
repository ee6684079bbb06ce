// Recall of quantizers on 100,000 real vectors, asked queries of sets that none has seen.
// Usage: node tools/measure-at-size.mjs [KINDS] [BITS] [FOLDER WITH vectors/ AND data/]   (after a build)
import { readFileSync } from 'node:fs';
import { overlap } from '../packages/core/dist/evaluation/index.js';
import {
  BinaryIndex,
  ExactIndex,
  fitQuantizer,
  row,
  selectRows,
} from '../packages/core/dist/index.js';

const [kinds = 'itq,autoencoder,head', bits = '128,256', shared = '../shared'] =
  process.argv.slice(2);
/** Vectors that quantizers may learn from. */
const learnedRows = 40_000;
const askedOfEach = { cranfield: 225, scifact: 300, 'datatalks-faq': 75 };
const searches = [
  { name: 'decoded', candidates: Infinity, rerank: 0 },
  { name: 'decoded, 40', candidates: Infinity, rerank: 40 },
  { name: 'decoded, 100', candidates: Infinity, rerank: 100 },
  { name: 'decoded, 200', candidates: Infinity, rerank: 200 },
  { name: 'Hamming 100', scoring: 'symmetric', rerank: 100 },
  { name: 'Hamming 2000, decoded, 200', candidates: 2000, rerank: 200 },
  { name: 'weighted 500, decoded, 200', prefixes: 500, rerank: 200 },
  { name: 'weighted 2000, decoded, 200', prefixes: 2000, rerank: 200 },
];

const documents = passages();
const queries = Object.entries(askedOfEach).flatMap(([name, count]) => {
  const vectors = floats(`${shared}/data/${name}/minilm/queries.f32`, documents.columns);
  return Array.from({ length: count }, (_, i) => row(vectors, i));
});
const exact = new ExactIndex(documents.columns);
exact.add(documents);
const nearest = queries.map((query) => exact.search(query, { k: 10 }).map((found) => found.row));
const learned = selectRows(
  documents,
  Array.from({ length: learnedRows }, (_, i) => Math.floor((i * documents.rows) / learnedRows)),
);

console.log(`| kind | bits | fit | encode | ${searches.map(({ name }) => name).join(' | ')} |`);
console.log(`| --- | --- | --- | --- |${' --- |'.repeat(searches.length)}`);
for (const kind of kinds.split(',')) {
  for (const length of bits.split(',').map(Number)) {
    const start = performance.now();
    const quantizer = await fitQuantizer(learned, {
      kind,
      bits: length,
      sampleSize: kind === 'head' ? learnedRows : 20_000,
    });
    const fitted = performance.now();
    const index = new BinaryIndex({ quantizer, vectors: exact.vectors, prefixBits: length });
    const encoded = performance.now();
    const recalls = searches.map(({ candidates, prefixes, rerank, scoring = 'decoded' }) => {
      const search = {
        k: 10,
        scoring,
        rerank,
        prefixes,
        candidates: Math.min(candidates ?? 0, documents.rows),
      };
      const shares = queries.map((query, i) =>
        overlap(
          index.search(query, search).map((found) => found.row),
          nearest[i],
        ),
      );
      return shares.reduce((sum, share) => sum + share, 0) / shares.length;
    });
    const seconds = [fitted - start, encoded - fitted].map((ms) => `${(ms / 1000).toFixed(1)} s`);
    const cells = recalls.map((recall) => recall.toFixed(3).replace(/^0/, ''));
    console.log(`| ${[kind, length, ...seconds, ...cells].join(' | ')} |`);
  }
}

function passages() {
  const path = `${shared}/vectors/passages-minilm`;
  const { rows, dims } = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
  const values = new Int8Array(readFileSync(`${path}.i8`));
  const scales = readFileSync(`${path}.scale.f32`);
  const data = new Float32Array(rows * dims);
  for (let i = 0; i < rows; i++) {
    const scale = scales.readFloatLE(4 * i);
    for (let j = 0; j < dims; j++) data[i * dims + j] = values[i * dims + j] * scale;
  }
  return { rows, columns: dims, data };
}

function floats(path, columns) {
  const data = new Float32Array(new Uint8Array(readFileSync(path)).buffer);
  return { rows: data.length / columns, columns, data };
}
