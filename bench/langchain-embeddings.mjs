// Texts a second of one transformer through this package and through LangChain's own class, with the same
// library and weights, by turns.
// What is compared with is installed into .cache/ on first use.
// Usage: node langchain-embeddings.mjs [MODEL_FOLDER] [TEXTS.jsonl.gz ({ "text" } a line)]. Default: ../shared.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

const shared = fileURLToPath(new URL('../../shared/', import.meta.url));
const cache = fileURLToPath(new URL('../.cache/langchain-embeddings/', import.meta.url));
const versions = [
  '@huggingface/transformers@3.8.1',
  '@langchain/community@1.1.29',
  '@langchain/core@1.4.0',
];
const [model = `${shared}models/all-MiniLM-L6-v2`, file = `${shared}text/passages.jsonl.gz`] =
  process.argv.slice(2);
const textCount = 1000;
const rounds = 3;

if (existsSync(model) && existsSync(file)) await compare();
else console.log(`Skipped: ${model} or ${file} is missing. Name a model folder and texts.`);

async function compare() {
  const { transformers, HuggingFaceTransformersEmbeddings } = await loadPeers();
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
  for (const embeddings of Object.values(contenders))
    await embeddings.embedQuery('loads the model');
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

async function loadPeers() {
  mkdirSync(cache, { recursive: true });
  if (!existsSync(join(cache, 'node_modules'))) {
    writeFileSync(join(cache, 'package.json'), '{ "private": true }');
    const flags = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit'];
    execFileSync('npm', ['install', ...flags, ...versions], { cwd: cache, stdio: 'inherit' });
  }
  // From a module in that folder, so that both load the same copy.
  const entry = join(cache, 'peers.mjs');
  writeFileSync(
    entry,
    `export * as transformers from '@huggingface/transformers';
export { HuggingFaceTransformersEmbeddings } from '@langchain/community/embeddings/huggingface_transformers';
`,
  );
  return import(pathToFileURL(entry).href);
}
