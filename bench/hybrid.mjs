// What vectors, words and both find: nDCG@10 on retrieval sets in BEIR layout, with the bundled model, through
// BinaryVectorStore as it comes; with --closer also what PassageReranker makes of both, with their scores and without;
// with BITRYOSHKA_POSTGRES, the URL of a database that may be filled and emptied, also through PgBinaryVectorStore.
// Usage: node hybrid.mjs [--json] [--closer] [--queries N] [SET ...]. Default: all queries of ../shared/data.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ndcg, pairedBootstrap } from '@bitryoshka/core/evaluation';
import { readJudgements } from '@bitryoshka/core/node';
import { BinaryVectorStore, PassageReranker } from '@bitryoshka/langchain';
import { PgBinaryVectorStore } from '@bitryoshka/langchain/postgres';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { printTable } from './write-table.mjs';

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    closer: { type: 'boolean', default: false },
    queries: { type: 'string', default: 'Infinity' },
  },
  allowPositionals: true,
});
const data = fileURLToPath(new URL('../../shared/data/', import.meta.url));
const sets =
  positionals.length > 0
    ? positionals
    : ['cranfield', 'datatalks-faq', 'scifact'].map((name) => join(data, name));
/** What the vectors count. */
const alphas = { vectors: 1, words: 0, hybrid: undefined };
const connection = process.env.BITRYOSHKA_POSTGRES;
const schema = 'bitryoshka_hybrid';
const stores = {
  ...Object.fromEntries(
    Object.entries(alphas).map(([way, alpha]) => [
      way,
      (embeddings) => new BinaryVectorStore(embeddings, { hybrid: { alpha } }),
    ]),
  ),
  ...(connection && { 'words, PostgreSQL': inPostgres(0), 'hybrid, PostgreSQL': inPostgres() }),
};
const ways = [...Object.keys(stores), ...(values.closer ? ['reranked', 'compressed'] : [])];
/** What is looked at closer. */
const candidates = 100;

const missing = sets.find((set) => !existsSync(set));
if (missing) console.log(`Skipped: ${missing} is missing. Name folders of sets.`);
else await compare();

async function compare() {
  const results = [];
  for (const set of sets) results.push(await measure(set));
  if (values.json) console.log(JSON.stringify(results, undefined, 2));
  else {
    const head = ['nDCG@10', ...ways, 'hybrid against the better one (95 %)'];
    printTable(
      head,
      results.map(({ name, better, difference, ...means }) => [
        name,
        ...ways.map((way) => means[way].toFixed(3)),
        `${difference.map((value) => `${value < 0 ? '' : '+'}${value.toFixed(3)}`).join(' ')} (${better})`,
      ]),
    );
  }
}

async function measure(folder) {
  const documents = read(folder, 'corpus');
  const relevance = await readJudgements(join(folder, 'qrels/test.tsv'));
  const judged = read(folder, 'queries').filter(({ _id }) => relevance.has(_id));
  const step = Math.ceil(judged.length / Number(values.queries)) || 1;
  const queries = judged.filter((_, i) => i % step === 0);
  const byId = new Map(documents.map((document) => [document._id, document]));
  const embeddings = new MatryoshkaEmbeddings();
  const [vectors, asked] = [
    await embeddings.embedMatrix(documents.map(textOf), 'document'),
    await embeddings.embedMatrix(queries.map(textOf), 'query'),
  ];
  const found = {};
  for (const [way, create] of Object.entries(stores)) {
    const store = await create(embedded(queries, asked));
    await store.addVectors(
      vectors,
      documents.map((document) => ({ pageContent: textOf(document), metadata: {} })),
      { ids: documents.map(({ _id }) => _id) },
    );
    await store.settled?.();
    const score = (ids, { _id }) => ndcg(ids, relevance.get(_id), 10);
    found[way] = [];
    for (const query of queries) {
      const best = await store.similaritySearch(textOf(query), 10);
      found[way].push(
        score(
          best.map(({ id }) => id),
          query,
        ),
      );
    }
    if (way === 'hybrid' && values.closer) {
      found.reranked = [];
      found.compressed = [];
      const reranker = new PassageReranker(embeddings, { topN: 10 });
      for (const query of queries) {
        const question = textOf(query);
        const best = await store.similaritySearchWithScore(question, candidates);
        const passages = best.map(([{ id }, cosine]) => [toPassage(byId.get(id)), cosine]);
        const reranked = await reranker.rerank(question, passages);
        const ids = reranked.slice(0, 10).map(([{ id }]) => id);
        found.reranked.push(score(ids, query));
        const documents = passages.map(([document]) => document);
        const compressed = await reranker.compressDocuments(documents, question);
        found.compressed.push(
          score(
            compressed.map(({ id }) => id),
            query,
          ),
        );
      }
    }
    await store.drop?.();
    await store.close();
  }
  const means = Object.fromEntries(
    Object.entries(found).map(([way, all]) => [way, all.reduce((a, b) => a + b, 0) / all.length]),
  );
  const better = means.vectors > means.words ? 'vectors' : 'words';
  const { meanDifference, low, high } = pairedBootstrap(found.hybrid, found[better]);
  return { name: basename(folder), ...means, better, difference: [meanDifference, low, high] };
}

function inPostgres(alpha) {
  return (embeddings) =>
    PgBinaryVectorStore.open(embeddings, { connection, schema, hybrid: { alpha } });
}

function toPassage({ _id: id, title, text: pageContent }) {
  return { id, pageContent, metadata: { title } };
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
