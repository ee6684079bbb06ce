// What a model's vectors and their codes find: nDCG@10 on retrieval sets in BEIR layout, with all dimensions,
// with leading ones, and as codes. Nothing is learned from queries or judgements.
// Usage: node model-quality.mjs [--model FOLDER] [SET ...]. Default: the bundled model, ../shared/data.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ExactIndex, row, truncateMatryoshka } from '@bitryoshka/core';
import { evaluate, ndcg } from '@bitryoshka/core/evaluation';
import { readJudgements } from '@bitryoshka/core/node';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

const data = fileURLToPath(new URL('../../shared/data/', import.meta.url));
const { values, positionals } = parseArgs({
  options: { model: { type: 'string' }, kind: { type: 'string', default: 'autoencoder' } },
  allowPositionals: true,
});
const sets =
  positionals.length > 0
    ? positionals
    : ['scifact', 'datatalks-faq', 'cranfield'].map((name) => join(data, name));
const lengths = [64, 128, 256];

if (sets.every(existsSync)) for (const set of sets) await measure(set);
else
  console.log(`Skipped: ${sets.find((set) => !existsSync(set))} is missing. Name folders of sets.`);

async function measure(folder) {
  const embeddings = new MatryoshkaEmbeddings(values.model ? { model: values.model } : {});
  const documents = read(folder, 'corpus');
  const relevance = await readJudgements(join(folder, 'qrels/test.tsv'));
  const queries = read(folder, 'queries').filter(({ id }) => relevance.has(id));
  const task = {
    name: folder,
    documents: await embeddings.embedMatrix(documents.map(textOf), 'document'),
    documentIds: documents.map(({ id }) => id),
    queries: await embeddings.embedMatrix(queries.map(textOf), 'query'),
    queryIds: queries.map(({ id }) => id),
    relevance,
  };
  const { columns } = task.documents;
  const whole = floatNdcg(task, columns);
  console.log(`\n${basename(folder)}: nDCG@10 ${whole.toFixed(4)} with ${columns} dimensions`);
  for (const dimensions of [128, 64, 32].filter((length) => length < columns)) {
    const value = floatNdcg(task, dimensions);
    console.log(`  ${dimensions} dimensions: ${value.toFixed(4)}, ${percent(value / whole)}`);
  }
  const options = { quantizers: [values.kind], bits: lengths, rerank: [0, 100] };
  for (const measured of await evaluate(task, options)) {
    const { bits, scoring, rerank, ndcg10, ndcg10Float, recall10 } = measured;
    if (scoring === 'asymmetric') continue;
    const depth = rerank === 0 ? '' : `, re-ranking ${rerank}`;
    console.log(
      `  ${bits} bits, ${scoring}${depth}: ${percent(ndcg10 / ndcg10Float)}, recall@10 ${recall10.toFixed(3)}`,
    );
  }
}

function floatNdcg({ documents, documentIds, queries, queryIds, relevance }, dimensions) {
  const [theirs, own] = [documents, queries].map((vectors) =>
    truncateMatryoshka(vectors, { dimensions }),
  );
  const index = new ExactIndex(dimensions);
  index.add(theirs);
  const values = queryIds.map((id, i) => {
    const found = index.search(row(own, i), { k: 10 });
    return ndcg(
      found.map((hit) => documentIds[hit.row]),
      relevance.get(id),
      10,
    );
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function read(folder, name) {
  return readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ _id, ...entry }) => ({ id: _id, ...entry }));
}

function textOf({ title = '', text }) {
  return `${title} ${text}`.trim();
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
