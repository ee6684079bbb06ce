// The presets of @bitryoshka/core: quantizers, and an adapter, that were learned from passages and questions
// that are part of no evaluation set. The bundled model gets one of its quantizers beside it.
// Usage: node tools/make-presets.mjs [FOLDER WITH vectors/, text/ AND models/] [MODELS] [KINDS]   (after a build)
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fitQuantizer } from '../packages/core/dist/index.js';
import { decodeFile, decodeSafetensors, encodeFile } from '../packages/core/dist/internal.js';
import { saveAdapter, trainCodes } from '../packages/core/dist/training.js';
import { MatryoshkaEmbeddings } from '../packages/transformers-embedder/dist/index.js';

const miniLm = 'all-minilm-l6-v2';
const bundled = 'bitryoshka-static-v1';
const [
  shared = '../shared',
  models = `${miniLm},${bundled}`,
  wanted = 'autoencoder,median,head,adapter',
] = process.argv.slice(2);
const folder = 'packages/core/presets';
const trainedAdapter = 'packages/transformers-embedder/training/work/adapter.safetensors';
const besideModel = 'packages/transformers-embedder/model/quantizer.safetensors';
const bits = 256;
/** What `fitQuantizer` learns from, at most. */
const sampleSize = 20_000;
/** Of heads, which learn from twice as many. */
const head = { bits: 128, nested: [64], steps: 300 };
const headSampleSize = 40_000;

mkdirSync(folder, { recursive: true });
if (models.includes(miniLm)) {
  if (wanted !== 'adapter') await write(miniLm, minilmPassages());
  if (wanted.includes('adapter')) writeAdapter();
}
if (models.includes(bundled)) {
  const passages = await staticPassages();
  await write(bundled, passages, firstRows(passages, sampleSize));
  copyFileSync(`${folder}/${bundled}-autoencoder.safetensors`, besideModel);
}

/** What `python training/main.py adapter` has learned, which takes larger batches than `trainAdapter`. */
function writeAdapter() {
  const { weights } = decodeSafetensors(readFileSync(trainedAdapter)).tensors;
  const [rows, columns] = weights.shape;
  const map = {
    weights: { rows, columns, data: weights.data },
    bias: new Float32Array(rows),
    inputDimensions: columns,
  };
  const file = saveAdapter(map, { half: true });
  writeFileSync(`${folder}/${miniLm}-adapter.safetensors`, file);
  console.log(`${miniLm}, adapter: ${file.length} bytes`);
}

async function write(model, vectors, fewer = vectors) {
  const fits = {
    autoencoder: () => fitQuantizer(fewer, { kind: 'autoencoder', bits }),
    median: () => fitQuantizer(fewer, { kind: 'median', bits: fewer.columns, decoder: false }),
    head: async () => (await trainCodes(vectors, head)).quantizer,
  };
  for (const kind of wanted.split(',').filter((kind) => kind !== 'adapter')) {
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

function staticPassages() {
  const texts = readLines('passages')
    .filter((_, i) => !isKeptOut(i) && i % 5 === 1)
    .slice(0, headSampleSize)
    .map((line) => JSON.parse(line).text);
  return new MatryoshkaEmbeddings().embedMatrix(texts, 'document');
}

function readLines(name) {
  return gunzipSync(readFileSync(`${shared}/text/${name}.jsonl.gz`))
    .toString()
    .trim()
    .split('\n');
}
