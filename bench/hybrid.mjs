// What vectors, words and both find: nDCG@10 on retrieval sets in BEIR layout, with the bundled model, through
// BinaryVectorStore as it comes. Nothing was chosen by these sets.
// Usage: node hybrid.mjs [--json] [SET ...]. Default: ../shared/data.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ndcg, pairedBootstrap } from '@bitryoshka/core/evaluation';
import { readJudgements } from '@bitryoshka/core/node';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { printTable } from './write-table.mjs';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const data = fileURLToPath(new URL('../../shared/data/', import.meta.url));
const sets =
  positionals.length > 0
    ? positionals
    : ['cranfield', 'datatalks-faq', 'scifact'].map((name) => join(data, name));
/** What the vectors count. */
const alphas = { vectors: 1, words: 0, hybrid: undefined };

const missing = sets.find((set) => !existsSync(set));
if (missing) console.log(`Skipped: ${missing} is missing. Name folders of sets.`);
else await compare();

async function compare() {
  const results = [];
  for (const set of sets) results.push(await measure(set));
  if (values.json) console.log(JSON.stringify(results, undefined, 2));
  else {
    const head = ['nDCG@10', ...Object.keys(alphas), 'hybrid against the better one (95 %)'];
    printTable(
      head,
      results.map(({ name, better, difference, ...means }) => [
        name,
        ...Object.keys(alphas).map((way) => means[way].toFixed(3)),
        `${difference.map((value) => `${value < 0 ? '' : '+'}${value.toFixed(3)}`).join(' ')} (${better})`,
      ]),
    );
  }
}

async function measure(folder) {
  const documents = read(folder, 'corpus');
  const relevance = await readJudgements(join(folder, 'qrels/test.tsv'));
  const queries = read(folder, 'queries').filter(({ _id }) => relevance.has(_id));
  const embeddings = new MatryoshkaEmbeddings();
  const [vectors, asked] = [
    await embeddings.embedMatrix(documents.map(textOf), 'document'),
    await embeddings.embedMatrix(queries.map(textOf), 'query'),
  ];
  const found = {};
  for (const [way, alpha] of Object.entries(alphas)) {
    const store = new BinaryVectorStore(embedded(queries, asked), { hybrid: { alpha } });
    await store.addVectors(
      vectors,
      documents.map((document) => ({ pageContent: textOf(document), metadata: {} })),
      { ids: documents.map(({ _id }) => _id) },
    );
    await store.settled();
    found[way] = [];
    for (const query of queries) {
      const best = await store.similaritySearch(textOf(query), 10);
      const ids = best.map(({ id }) => id);
      found[way].push(ndcg(ids, relevance.get(query._id), 10));
    }
    await store.close();
  }
  const means = Object.fromEntries(
    Object.entries(found).map(([way, all]) => [way, all.reduce((a, b) => a + b, 0) / all.length]),
  );
  const better = means.vectors > means.words ? 'vectors' : 'words';
  const { meanDifference, low, high } = pairedBootstrap(found.hybrid, found[better]);
  return { name: basename(folder), ...means, better, difference: [meanDifference, low, high] };
}

/** Queries are embedded once, for all ways. */
function embedded(queries, { columns, data: numbers }) {
  const at = new Map(queries.map((query, i) => [textOf(query), i * columns]));
  return {
    embedQuery: async (text) => [...numbers.subarray(at.get(text), at.get(text) + columns)],
    embedDocuments: () => Promise.reject(new Error('documents come with their vectors')),
  };
}

function read(folder, name) {
  const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8');
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function textOf({ title = '', text }) {
  return `${title} ${text}`.trim();
}
