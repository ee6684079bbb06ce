// Makes the bundled model from all-MiniLM-L6-v2: every token of the vocabulary goes through the
// teacher on its own, PCA shortens the vectors, and a weight makes rare tokens count more.
//
//   node tools/make-static-model.mjs           writes model/
//   node tools/make-static-model.mjs --check   makes it again and compares it with model/
//
// Needs the built packages (`pnpm build`) and the teacher in ../shared/models beside the workspace.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { applyAffineMap, fitPca, row } from '@bitryoshka/core';
import { transformerEncoder } from '../dist/encoders/transformer-encoder.js';
import { loadModel } from '../dist/models/load-model.js';
import { readStaticOnnx, staticOnnx } from './static-onnx.mjs';

const dimensions = 256;
const maxTokens = 8192;
const teacherFolder = new URL('../../../../shared/models/all-MiniLM-L6-v2/', import.meta.url);
const modelFolder = new URL('../model/', import.meta.url);
const weightsFile = 'onnx/model_quantized.onnx';

const tokenizer = JSON.parse(readFileSync(new URL('tokenizer.json', teacherFolder), 'utf8'));
const { vocab } = tokenizer.model;
// The vocabulary lists special and unused tokens, then single characters, then words from the most
// frequent one on: the position of a word stands for its rank.
const firstWord = vocab.the;
const firstCharacter = vocab['!'];

const files = makeFiles(quantize(weigh(shorten(await teacherVectors()))));
if (process.argv.includes('--check')) check(files);
else write(files);

/** One vector per token of the vocabulary: the teacher's mean over [CLS] token [SEP]. */
async function teacherVectors() {
  const model = await loadModel(fileURLToPath(teacherFolder), { quantized: true });
  const encoder = transformerEncoder(model, 'mean');
  const rows = Object.keys(vocab).length;
  const columns = 384;
  const vectors = { rows, columns, data: new Float32Array(rows * columns) };
  // The teacher rounds its activations per batch, so another size gives slightly other vectors.
  const batchSize = 64;
  for (let start = 0; start < rows; start += batchSize) {
    const length = Math.min(batchSize, rows - start);
    // Ids and not texts: the text of a token such as ##ing would be tokenised again.
    const texts = Array.from({ length }, (_, i) => [vocab['[CLS]'], start + i, vocab['[SEP]']]);
    vectors.data.set((await encoder.encode(texts)).data, start * columns);
  }
  return vectors;
}

/** The leading principal components, strongest first, so that the vectors can be truncated. */
function shorten(vectors) {
  const { rows, columns, data } = vectors;
  const text = {
    rows: rows - firstCharacter,
    columns,
    data: data.subarray(firstCharacter * columns),
  };
  return applyAffineMap(fitPca(text, { outputDimensions: dimensions }), vectors);
}

/** Folds the weight of every token into its row, so that a plain mean is a weighted one. */
function weigh(vectors) {
  for (let id = 0; id < vectors.rows; id++) {
    const weight = weightOf(id);
    const values = row(vectors, id);
    for (let j = 0; j < dimensions; j++) values[j] *= weight;
  }
  return vectors;
}

function weightOf(id) {
  // Faint enough to change no text, but '' is all [CLS] [SEP] and needs a direction.
  if (id === vocab['[CLS]'] || id === vocab['[SEP]']) return 1e-5;
  if (id < firstCharacter) return 0;
  // Single characters, punctuation above all, count as the most frequent word.
  const rank = 1 + Math.max(0, id - firstWord);
  // Smooth inverse frequency, a / (a + frequency), with a frequency proportional to 1 / rank.
  return rank / (rank + 300);
}

/** int8 with one scale per row. */
function quantize(vectors) {
  const { rows, columns } = vectors;
  const values = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    const from = row(vectors, i);
    scales[i] = from.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    if (scales[i] === 0) continue;
    for (let j = 0; j < columns; j++) values[i * columns + j] = Math.round(from[j] / scales[i]);
  }
  return { rows, columns, values, scales };
}

/** @returns the contents of the folder, by file name */
function makeFiles(table) {
  const special = {
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  };
  return {
    'config.json': json({
      model_type: 'bert',
      hidden_size: dimensions,
      vocab_size: table.rows,
      pad_token_id: vocab['[PAD]'],
      bitryoshka: { kind: 'static', version: 0 },
    }),
    'special_tokens_map.json': json(special),
    'tokenizer_config.json': json({
      tokenizer_class: 'BertTokenizer',
      do_lower_case: true,
      strip_accents: null,
      tokenize_chinese_chars: true,
      model_max_length: maxTokens,
      ...special,
    }),
    'tokenizer.json': JSON.stringify({ ...tokenizer, truncation: null, padding: null }),
    [weightsFile]: staticOnnx(table),
  };
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function write(contents) {
  mkdirSync(new URL('onnx/', modelFolder), { recursive: true });
  let bytes = 0;
  for (const [file, content] of Object.entries(contents)) {
    writeFileSync(new URL(file, modelFolder), content);
    bytes += Buffer.byteLength(content);
  }
  console.log(`wrote ${bytes} bytes`);
}

function check(contents) {
  const differing = Object.keys(contents).filter(
    (file) =>
      file !== weightsFile && contents[file] !== readFileSync(new URL(file, modelFolder), 'utf8'),
  );
  const cosine = leastCosine(
    readStaticOnnx(contents[weightsFile]),
    readStaticOnnx(readFileSync(new URL(weightsFile, modelFolder))),
  );
  console.log(
    `least cosine of a row ${cosine}, differing files: ${differing.join(', ') || 'none'}`,
  );
  if (differing.length > 0 || !(cosine >= 0.9999)) process.exitCode = 1;
}

function leastCosine(made, committed) {
  let least = 1;
  for (let i = 0; i < made.rows; i++) {
    const a = row(made, i);
    const b = row(committed, i);
    const length = Math.sqrt(dot(a, a) * dot(b, b));
    if (length > 0) least = Math.min(least, dot(a, b) / length);
    else if (dot(a, a) !== dot(b, b)) return 0;
  }
  return least;
}

function dot(a, b) {
  return a.reduce((sum, value, j) => sum + value * b[j], 0);
}
