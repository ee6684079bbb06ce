// What the leading parts of one nested head find, beside heads that were trained for these lengths alone.
// Usage: node tools/compare-nested-heads.mjs [FOLDER OF BEIR SETS] [SUBFOLDER OF VECTORS]   (after a build)
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { overlap } from '../packages/core/dist/evaluation/index.js';
import { ExactIndex, row } from '../packages/core/dist/index.js';
import { readBeirFolder } from '../packages/core/dist/node/index.js';
import { trainCodes } from '../packages/core/dist/training.js';

const [data = '../shared/data', vectors = 'minilm'] = process.argv.slice(2);
const lengths = [64, 128, 256];
const mostQueries = 300;
const shown = ['Hamming, 100', 'decoded', 'decoded, 40'];

console.log(`| set | bits | ${shown.map((name) => `${name}: nested, alone`).join(' | ')} |`);
console.log(`| --- | --- |${' --- |'.repeat(shown.length)}`);
for (const name of readdirSync(data).filter((each) => existsSync(join(data, each, vectors)))) {
  const task = await readTask(join(data, name));
  const most = Math.max(...lengths);
  const nested = (await trainCodes(task.documents, { bits: most, nested: lengths })).quantizer;
  for (const bits of lengths) {
    const alone = (await trainCodes(task.documents, { bits })).quantizer;
    const [whole, part] = [recalls(task, alone, bits), recalls(task, nested, bits)];
    const cells = shown.map((_, at) => `${part[at].toFixed(3)}, ${whole[at].toFixed(3)}`);
    console.log(`| ${name} | ${bits} | ${cells.join(' | ')} |`);
  }
}

/** Of the first bits of a head's codes, in the order of `shown`. */
function recalls({ documents, queries, nearest }, quantizer, bits) {
  const codes = quantizer.encode(documents, 'document');
  const asked = quantizer.encode(queries, 'query');
  const decoder = quantizer.prefixDecoder(bits);
  const leading = leadingBits(codes, bits);
  const decoded = decoder.decode(leading);
  const norms = decoder.norms(leading);
  const sums = [0, 0, 0];
  nearest.forEach((expected, i) => {
    const query = row(queries, i);
    const near = new Float64Array(documents.rows);
    const alike = new Float64Array(documents.rows);
    for (let j = 0; j < documents.rows; j++) {
      near[j] = -distance(codes, j, asked, i, bits);
      alike[j] = dot(row(decoded, j), query) / norms[j];
    }
    sums[0] += overlap(reranked(near, 100), expected);
    sums[1] += overlap(reranked(alike, 10), expected);
    sums[2] += overlap(reranked(alike, 40), expected);

    /** The ten that are nearest in float among the best-scored. */
    function reranked(scores, depth) {
      const best = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
      const cosine = (j) => dot(row(documents, j), query);
      return best
        .slice(0, depth)
        .sort((a, b) => cosine(b) - cosine(a))
        .slice(0, 10);
    }
  });
  return sums.map((sum) => sum / nearest.length);
}

function leadingBits(codes, bits) {
  const bytesPerCode = Math.ceil(bits / 64) * 8;
  const data = new Uint8Array(codes.rows * bytesPerCode);
  for (let i = 0; i < codes.rows; i++) {
    const from = i * codes.bytesPerCode;
    data.set(codes.data.subarray(from, from + bits / 8), i * bytesPerCode);
  }
  return { rows: codes.rows, bits, bytesPerCode, data };
}

function distance(a, i, b, j, bits) {
  let sum = 0;
  for (let byte = 0; byte < bits / 8; byte++) {
    let rest = a.data[i * a.bytesPerCode + byte] ^ b.data[j * b.bytesPerCode + byte];
    for (; rest; rest &= rest - 1) sum++;
  }
  return sum;
}

function dot(a, b) {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

async function readTask(folder) {
  const { documents, queries } = await readBeirFolder(folder, { vectors });
  const exact = new ExactIndex(documents.columns);
  exact.add(documents);
  const count = Math.min(mostQueries, queries.rows);
  const nearest = Array.from({ length: count }, (_, i) =>
    exact.search(row(queries, i), { k: 10 }).map((found) => found.row),
  );
  return { documents, queries, nearest };
}
