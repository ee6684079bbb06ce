// Texts a second of one transformer through this package and through LangChain's own class, with the same
// library and weights, by turns.
// Usage: node embeddings.mjs [MODEL_FOLDER] [TEXTS.jsonl.gz ({ "text" } a line)]. Default: ../shared.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as transformers from '@huggingface/transformers';
import { HuggingFaceTransformersEmbeddings } from '@langchain/community/embeddings/huggingface_transformers';
import { MatryoshkaEmbeddings } from '../../packages/transformers-embedder/dist/index.js';

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
const [model = `${shared}models/all-MiniLM-L6-v2`, file = `${shared}text/passages.jsonl.gz`] =
  process.argv.slice(2);
const textCount = 1000;
const rounds = 3;

if (existsSync(model) && existsSync(file)) await compare();
else console.log(`Skipped: ${model} or ${file} is missing. Name a model folder and texts.`);

async function compare() {
  const texts = gunzipSync(readFileSync(file))
    .toString()
    .split('\n', textCount)
    .map((line) => JSON.parse(line).text);
  transformers.env.localModelPath = `${dirname(resolve(model))}/`;
  const pretrainedOptions = { dtype: 'q8', local_files_only: true };
  const contenders = {
    MatryoshkaEmbeddings: new MatryoshkaEmbeddings({ model, transformers }),
    HuggingFaceTransformersEmbeddings: new HuggingFaceTransformersEmbeddings({
      model: basename(model),
      pretrainedOptions,
    }),
  };
  const best = {};
  for (const embeddings of Object.values(contenders)) await embeddings.embedQuery('loads the model');
  for (let round = 0; round < rounds; round++) {
    for (const [name, embeddings] of Object.entries(contenders)) {
      const start = performance.now();
      await embeddings.embedDocuments(texts);
      const rate = (1000 * texts.length) / (performance.now() - start);
      best[name] = Math.max(best[name] ?? 0, rate);
      console.log(`round ${round + 1}, ${name}: ${rate.toFixed(1)} texts a second`);
    }
  }
  const [ours, theirs] = Object.values(best);
  console.log(`best of ${rounds}: ${(ours / theirs).toFixed(2)} x`);
}
