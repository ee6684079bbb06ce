// The bundled static model against a transformer, on the same texts through the same class.
// Usage: node embed.mjs MODEL_FOLDER TEXTS.jsonl ({ "title"?, "text" } a line). Default: ../shared.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

const shared = fileURLToPath(new URL('../../shared/', import.meta.url));
const [model = `${shared}models/all-MiniLM-L6-v2`, file = `${shared}data/scifact/corpus.jsonl`] =
  process.argv.slice(2);
/** A transformer needs seconds for as many. */
const textCount = 256;

if (existsSync(model) && existsSync(file)) await compare();
else
  console.log(`Skipped: ${model} or ${file} is missing. Name a model folder and a file of texts.`);

async function compare() {
  const texts = readFileSync(file, 'utf8')
    .split('\n', textCount)
    .map((line) => JSON.parse(line))
    .map(({ title = '', text }) => `${title} ${text}`.trim());
  const bundled = await textsPerSecond(new MatryoshkaEmbeddings(), texts);
  const transformer = await textsPerSecond(new MatryoshkaEmbeddings({ model }), texts);
  console.log(`bundled model: ${Math.round(bundled)} texts a second`);
  console.log(`transformer:   ${transformer.toFixed(1)} texts a second`);
  console.log(`ratio:         ${(bundled / transformer).toFixed(0)} x`);
}

async function textsPerSecond(embeddings, texts) {
  await embeddings.embedQuery('loads the model');
  const start = performance.now();
  await embeddings.embedMatrix(texts, 'document');
  return (1000 * texts.length) / (performance.now() - start);
}
