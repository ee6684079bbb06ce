// Filters on metadata: a function beside objects, without and with an index; and what an index adds to the
// adding and deleting of documents. Usage: node bench/filters.mjs. It bundles the sources that it measures.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { build } from 'esbuild';

const rounds = 15;
const { compileFilter, DocumentTable } = await load();
const cities = ['Rome', 'Oslo', 'Lima', 'Bonn', 'Kyiv', 'Cork', 'Nice', 'Bari'];

queries(100_000);
additions(100_000);
queries(1_000_000);

function queries(count) {
  const entries = makeEntries(count);
  const plain = fill(new DocumentTable(), entries);
  const indexed = fill(new DocumentTable(['lang', 'year', 'loc.pageNumber', 'city']), entries);
  const isGerman = compileFilter(({ metadata }) => metadata.lang === 'de');
  // A query that is not parsed is asked of every document.
  const unindexed = ({ passes }) => ({ passes, query: undefined });
  const german = { lang: 'de' };
  const cases = [
    ['function', plain, isGerman],
    ["{ lang: 'de' }, without index", plain, unindexed(compileFilter(german))],
    ['$and of two, without index', plain, unindexed(compileFilter({ ...german, year: 2001 }))],
    ['$regex, without index', plain, unindexed(compileFilter({ source: { $regex: '^file 1' } }))],
    ["{ lang: 'de' }, once asked for", plain, compileFilter(german)],
    ["{ lang: 'de' }, a third", indexed, compileFilter(german)],
    ['one page of 500', indexed, compileFilter({ 'loc.pageNumber': 77 })],
    ['$in, three cities of eight', indexed, compileFilter({ city: { $in: cities.slice(0, 3) } })],
    ['ten years of 35', indexed, compileFilter({ year: { $gte: 2000, $lt: 2010 } })],
    [
      '$and: lang, ten years',
      indexed,
      compileFilter({ lang: 'de', year: { $gte: 2000, $lt: 2010 } }),
    ],
    ['$or: lang, city', indexed, compileFilter({ $or: [german, { city: 'Rome' }] })],
    [
      '$and: one page, $mod',
      indexed,
      compileFilter({ 'loc.pageNumber': 77, year: { $mod: [2, 0] } }),
    ],
    ['one page, another each time', indexed, (i) => compileFilter({ 'loc.pageNumber': i })],
    [
      '$in, others each time',
      indexed,
      (i) => compileFilter({ 'loc.pageNumber': { $in: [i, i + 100, i + 200] } }),
    ],
    ['eleven years, others each time', indexed, (i) => compileFilter({ year: years(i, 11) })],
    [
      '$and: page, twelve years, others each time',
      indexed,
      (i) => compileFilter({ 'loc.pageNumber': 300 + i, year: years(i, 12) }),
    ],
    ['one file of 32 pages', plain, compileFilter({ source: 'file 1000' })],
    ['a time of its own', plain, compileFilter({ time: 12_345 })],
    ['half of the times', plain, compileFilter({ time: { $lt: count / 2 } })],
  ];
  // Fields that are not declared are indexed as they are asked for.
  for (let i = 0; i < count / 100_000; i++)
    for (const [, table, filter] of cases) table.allowed(of(filter, 99));
  const asks = cases.map(
    ([, table, filter]) =>
      (round) =>
        table.allowed(of(filter, round)),
  );
  const times = fastest(asks);
  const output = new Table({ head: [`${count} documents`, 'rows', 'ms', 'share of a function'] });
  for (const [i, [name, table, filter]] of cases.entries()) {
    const share = (times[i] / times[0]).toFixed(3);
    output.push([name, table.allowed(of(filter, 0)).size, times[i].toFixed(3), share]);
  }
  console.log(output.toString());
  const first = performance.now();
  fill(new DocumentTable(), entries).allowed(compileFilter(german));
  console.log(`added and asked for the first time: ${(performance.now() - first).toFixed(0)} ms`);
}

/** Others in each round, so that no answer is kept. */
function years(round, count) {
  const first = 1990 + (round % (35 - count));
  return { $gte: first, $lt: first + count };
}

function of(filter, round) {
  return typeof filter === 'function' ? filter(round) : filter;
}

function additions(count) {
  const entries = makeEntries(count);
  const few = ['lang'];
  const more = ['lang', 'year', 'loc.pageNumber'];
  const ids = entries.map(({ id }) => id);
  const tables = [undefined, few, more].map(
    (fields) => () => fill(new DocumentTable(fields), entries),
  );
  const times = fastest(tables);
  const full = [undefined, few, more].map((fields) => {
    let best = Infinity;
    for (let round = 0; round < rounds; round++) {
      const table = fill(new DocumentTable(fields), entries);
      const start = performance.now();
      for (const id of ids) table.delete(id);
      best = Math.min(best, performance.now() - start);
    }
    return best;
  });
  const output = new Table({
    head: [`${count} documents`, 'add, ms', 'share', 'delete, ms', 'share'],
  });
  for (const [i, name] of ['no fields', '1 field', '3 fields'].entries()) {
    const row = [times, full].flatMap((t) => [t[i].toFixed(1), (t[i] / t[0]).toFixed(2)]);
    output.push([name, ...row]);
  }
  console.log(output.toString());
}

function fill(table, entries) {
  table.append(entries, 0);
  return table;
}

/** Milliseconds of the fastest of several rounds, in turn. */
function fastest(actions) {
  const times = actions.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [i, action] of actions.entries()) {
      const start = performance.now();
      action(round);
      times[i] = Math.min(times[i], performance.now() - start);
    }
  }
  return times;
}

function makeEntries(count) {
  let state = 1;
  const draw = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, (_, i) => {
    const metadata = {
      source: `file ${i >> 5}`,
      lang: ['de', 'en', 'fr'][draw(3)],
      year: 1990 + draw(35),
      city: cities[draw(8)],
      time: i * 1.5,
      loc: { pageNumber: draw(500) },
    };
    return { id: `id ${i}`, document: { pageContent: `text ${i}`, metadata } };
  });
}

/** What users do not see is in no library, and its sources are TypeScript. */
async function load() {
  const folder = fileURLToPath(new URL('../packages/langchain-adapter/src/', import.meta.url));
  const contents = ['documents/document-table.ts', 'filters/document-filter.ts']
    .map((file) => `export * from './${file}';`)
    .join('\n');
  const file = join(await mkdtemp(join(tmpdir(), 'bitryoshka-filters-')), 'filters.mjs');
  await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    outfile: file,
    format: 'esm',
    platform: 'node',
    conditions: ['@bitryoshka/source'],
  });
  return import(file).finally(() => rm(dirname(file), { recursive: true }));
}
