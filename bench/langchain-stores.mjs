// Vector stores through LangChain, as they come: `BinaryVectorStore` beside `HNSWLib` of @langchain/community, at its
// default and at other settings of `ef`, and `MemoryVectorStore`. The same real vectors and questions, one process.
// Usage: node langchain-stores.mjs [--write] [ROWS], by default 100,000. --write puts the table into
// docs/benchmarks.md. What is compared with is installed into peers/ on first use.
import { parseArgs } from 'node:util';
import { ExactIndex, RowSet } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { generator } from './generator.mjs';
import { heldApart, medianTimes, recallOf, rowsOf, secondsOf } from './measure-searches.mjs';
import { installPeers } from './peers/install.mjs';
import { hasPassages, passageVectors } from './real-vectors.mjs';
import { printTable, writeTable } from './write-table.mjs';

const k = 10;
/** Of three, one is asked before: a store learns from questions how far to look. The others are measured. */
const questionCount = 675;
/** The first is the default of hnswlib-node. */
const efs = [10, 20, 40, 60, 80, 100, 120, 160, 200, 300];
const filter = { lang: 'de' };
/** Other stores take nothing else. */
const asFunction = ({ metadata }) => metadata.lang === filter.lang;

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const rows = Number(positionals[0] ?? 100_000);

if (hasPassages) await compare();
else console.log('Skipped: needs ../shared/vectors.');

async function compare() {
  installPeers();
  const { HNSWLib, MemoryVectorStore } = await import('./peers/stores.mjs');
  const {
    dimensions,
    vectors,
    queries: questions,
  } = passageVectors({ rows, queries: questionCount });
  const random = generator(3);
  // As embeddings return them.
  const lists = rowsOf({ data: vectors }, dimensions).map((vector) => Array.from(vector));
  const { asked, queries } = heldApart(
    rowsOf({ data: questions }, dimensions).map((query) => Array.from(query)),
    3,
  );
  const documents = lists.map((_, row) => ({
    pageContent: `passage ${row}`,
    metadata: { row, lang: random() < 1 / 3 ? 'de' : 'en' },
  }));
  const exact = new ExactIndex(dimensions);
  exact.add({ rows, columns: dimensions, data: vectors });
  const german = RowSet.where(rows, (row) => asFunction(documents[row]));
  const truthOf = (allowed) =>
    queries.map((query) => exact.search(query, { k, allowed }).map(({ row }) => row));
  const truth = { all: truthOf(), german: truthOf(german) };

  // Nothing is embedded here.
  const embeddings = {};
  const ours = new BinaryVectorStore(embeddings);
  const hnsw = new HNSWLib(embeddings, { space: 'cosine' });
  const memory = new MemoryVectorStore(embeddings);
  const seconds = {};
  for (const [name, store] of Object.entries({ ours, hnsw, memory })) {
    seconds[name] = await secondsOf(() => store.addVectors(lists, documents));
    if (store === ours) seconds.settled = await secondsOf(() => ours.settled());
    console.log(`${name}: added in ${seconds[name].toFixed(1)} s`);
  }

  for (const query of asked) await ours.similaritySearchVectorWithScore(query, k);
  seconds.learned = await secondsOf(() => ours.settled());
  console.log(`ours: learned from ${asked.length} questions in ${seconds.learned.toFixed(1)} s`);

  const withEf = (ef, given) => (query) => {
    hnsw.index.setEf(ef);
    return hnsw.similaritySearchVectorWithScore(query, k, given);
  };
  const contenders = [
    {
      name: `BinaryVectorStore (${ours.stats().index})`,
      add: seconds.ours.toFixed(1),
      settle: seconds.settled.toFixed(1),
      search: (query) => ours.similaritySearchVectorWithScore(query, k),
      filtered: (query) => ours.similaritySearchVectorWithScore(query, k, filter),
    },
    ...efs.map((ef, i) => ({
      name: `HNSWLib, ef ${ef}${i === 0 ? ' (default)' : ''}`,
      add: seconds.hnsw.toFixed(1),
      search: withEf(ef),
      filtered: withEf(ef, asFunction),
    })),
    {
      name: 'MemoryVectorStore',
      questions: 20,
      add: seconds.memory.toFixed(1),
      search: (query) => memory.similaritySearchVectorWithScore(query, k),
      filtered: (query) => memory.similaritySearchVectorWithScore(query, k, asFunction),
    },
  ];
  const measure = async (way, wanted) => {
    const searches = contenders.map((contender) => contender[way]);
    const times = await medianTimes(queries, searches);
    const recalls = [];
    for (const { questions, [way]: search } of contenders) {
      recalls.push(await recallAmong(search, queries.slice(0, questions), wanted));
    }
    return { times, recalls };
  };
  const all = await measure('search', truth.all);
  report(contenders, all, await measure('filtered', truth.german));
}

function report(contenders, all, filtered) {
  const head = ['store', 'add s', 'settle s', 'recall@10', 'ms', 'of ours'];
  const named = [...head, "ms of { lang: 'de' }", 'its recall@10', 'of ours'];
  const rest = (time, recall, filteredTime, filteredRecall) => [
    shown(recall),
    shown(time),
    shown(time && time / all.times[0], 2),
    shown(filteredTime),
    shown(filteredRecall),
    shown(filteredTime && filteredTime / filtered.times[0], 2),
  ];
  const lines = contenders.map(({ name, add, settle = '' }, i) => [
    name,
    add,
    settle,
    ...rest(all.times[i], all.recalls[i], filtered.times[i], filtered.recalls[i]),
  ]);
  lines.push([
    'HNSWLib at the recall of ours, interpolated',
    lines[1][1],
    '',
    ...rest(timeAtOurs(all), all.recalls[0], timeAtOurs(filtered), filtered.recalls[0]),
  ]);
  printTable(named, lines);
  if (values.write) writeTable('langchain-stores', named, lines, { keys: 1 });
}

/** What HNSWLib takes at the recall of the first, in a straight line between two settings; undefined beyond all. */
function timeAtOurs({ recalls, times }) {
  const [recall] = recalls;
  for (let i = 1; i < efs.length; i++) {
    const [low, high] = [recalls[i], recalls[i + 1]];
    if (recall < low || recall > high) continue;
    const share = high === low ? 0 : (recall - low) / (high - low);
    return times[i] + share * (times[i + 1] - times[i]);
  }
  return undefined;
}

function shown(value, digits = 3) {
  return value?.toFixed(digits) ?? '–';
}

async function recallAmong(search, queries, wanted) {
  const found = [];
  for (const query of queries) {
    found.push((await search(query)).map(([{ metadata }]) => metadata.row));
  }
  return recallOf(found, wanted.slice(0, found.length));
}
