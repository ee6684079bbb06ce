// The presets of @bitryoshka/core: quantizers fitted on passages that are part of no evaluation set.
// Usage: node tools/make-presets.mjs [FOLDER WITH vectors/ AND text/] [KINDS]   (after a build)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { decodeFile, encodeFile } from '../packages/core/dist/format/file.js';
import { fitHead, fitQuantizer, toMatrix } from '../packages/core/dist/index.js';
import { MatryoshkaEmbeddings } from '../packages/transformers-embedder/dist/index.js';

const [shared = '../shared', wanted = 'autoencoder,median,head'] = process.argv.slice(2);
const folder = 'packages/core/presets';
const bits = 256;
/** What `fitQuantizer` learns from, at most. */
const sampleSize = 20_000;
/** Of heads, which learn from twice as many. */
const head = { bits: 128, nested: [64], steps: 300 };
const headSampleSize = 40_000;

mkdirSync(folder, { recursive: true });
await write('all-minilm-l6-v2', minilmPassages());
const passages = await staticPassages();
await write('bitryoshka-static-v0', passages, firstRows(passages, sampleSize));

async function write(model, vectors, fewer = vectors) {
  const fits = {
    autoencoder: () => fitQuantizer(fewer, { kind: 'autoencoder', bits }),
    median: () => fitQuantizer(fewer, { kind: 'median', bits: fewer.columns, decoder: false }),
    head: async () => (await fitHead(vectors, head)).quantizer,
  };
  for (const kind of wanted.split(',')) {
    const quantizer = await fits[kind]();
    const file = inHalfPrecision(quantizer.save());
    writeFileSync(`${folder}/${model}-${quantizer.kind}.safetensors`, file);
    console.log(`${model}, ${quantizer.kind}, ${quantizer.bits} bits: ${file.length} bytes`);
  }
}

function firstRows({ columns, data }, rows) {
  return { rows, columns, data: data.subarray(0, rows * columns) };
}

/** Float16 halves the files and flips two bits in a thousand; recall moves by half a point at most. */
function inHalfPrecision(file) {
  const { kind, fields, tensors } = decodeFile(file, 'quantizer');
  const halves = Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, half: true }]);
  return encodeFile({ kind, fields, tensors: Object.fromEntries(halves) });
}

/** Every 33rd passage is kept out, to choose settings by. */
function isKeptOut(passage) {
  return passage % 33 === 0;
}

function minilmPassages() {
  const path = `${shared}/vectors/passages-minilm`;
  const { rows, dims } = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
  const values = new Int8Array(readFileSync(`${path}.i8`));
  const scales = readFileSync(`${path}.scale.f32`);
  const used = Array.from({ length: rows }, (_, i) => i).filter((i) => !isKeptOut(i));
  const data = new Float32Array(used.length * dims);
  for (const [i, row] of used.entries()) {
    const scale = scales.readFloatLE(4 * row);
    for (let j = 0; j < dims; j++) data[i * dims + j] = values[row * dims + j] * scale;
  }
  return { rows: used.length, columns: dims, data };
}

async function staticPassages() {
  const lines = gunzipSync(readFileSync(`${shared}/text/passages.jsonl.gz`))
    .toString()
    .split('\n');
  const texts = lines
    .filter((line, i) => line !== '' && !isKeptOut(i) && i % 5 === 1)
    .slice(0, headSampleSize)
    .map((line) => JSON.parse(line).text);
  const vectors = await new MatryoshkaEmbeddings().embedDocuments(texts);
  return toMatrix(vectors);
}
