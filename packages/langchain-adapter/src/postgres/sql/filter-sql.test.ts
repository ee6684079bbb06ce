import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyMetadata } from '../../documents/copy-metadata.ts';
import type { CompiledFilter, MetadataQuery } from '../../filters/document-filter.ts';
import { compileFilter } from '../../filters/document-filter.ts';
import type { QueryNode } from '../../filters/query-node.ts';
import { toTypedJson } from '../../snapshot/typed-json.ts';
import { toPgText } from '../database/pg-text.ts';
import type { FieldColumns } from './filter-sql.ts';
import { filterSql, SqlParameters } from './filter-sql.ts';

/** Fields that have a column, as the value is and, with a g, with an object in place of lists and objects. */
const declared: ReadonlyMap<string, string> = new Map([
  ['a', '{a}'],
  ['b', '{b}'],
  ['l', '{l}'],
  ['a.b', '{a,b}'],
  ['b.l', '{b,l}'],
  ['a.0', '{a,0}'],
  ['constructor', '{constructor}'],
]);
const plainColumns: FieldColumns = new Map([...declared.keys()].map((path, i) => [path, `f${i}`]));
const shortColumns: FieldColumns = new Map([...declared.keys()].map((path, i) => [path, `g${i}`]));

let database: PGlite;
beforeAll(async () => {
  database = await PGlite.create();
});
afterAll(() => database.close());

/** Documents, in the columns that filters read. */
async function createTable(name: string, documents: readonly object[]): Promise<void> {
  const columns = [...declared.values()].flatMap((path, i) => {
    const value = `(metadata #> '${path}')`;
    const isLong = `jsonb_typeof(${value}) in ('array', 'object') or octet_length(${value}::text) > 20`;
    return [
      `f${i} jsonb generated always as ${value} stored`,
      `g${i} jsonb generated always as (case when ${isLong} then '{}' else ${value} end) stored`,
    ];
  });
  await database.exec(
    `create table ${name} (row int, metadata jsonb not null, types jsonb, ${columns.join(', ')})`,
  );
  await database.query(
    `insert into ${name} select row, metadata, types
     from jsonb_to_recordset($1::jsonb) as given (row int, metadata jsonb, types jsonb)`,
    [JSON.stringify(documents.map((metadata, row) => ({ row, ...toColumns(metadata) })))],
  );
}

function toColumns(metadata: object): { readonly metadata: unknown; readonly types: unknown } {
  const { json, types } = toTypedJson(metadata, 'metadata');
  const isPlain = Object.keys(types).length === 0;
  return { metadata: toPgTexts(json), types: isPlain ? null : toPgTexts(types) };
}

function toPgTexts(json: unknown): unknown {
  if (typeof json === 'string') return toPgText(json);
  if (Array.isArray(json)) return json.map(toPgTexts);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [toPgText(key), toPgTexts(value)]),
  );
}

interface Asked {
  readonly query: QueryNode | undefined;
  readonly columns?: FieldColumns;
}

/** What SQL says of each document: a list for each, of a boolean for each query. */
async function judge(table: string, asked: readonly Asked[]): Promise<boolean[][]> {
  const parameters = new SqlParameters();
  const conditions = asked.map(({ query, columns = new Map() }) =>
    filterSql(query, { columns, parameters, table: 'd' }),
  );
  const { rows } = await database.query<{ readonly answers: boolean[] }>(
    `select array[${conditions.join(', ')}] as answers from ${table} d order by row`,
    parameters.values,
  );
  return rows.map(({ answers }) => answers);
}

/** One query with the columns that there may be. */
function eachWay(query: QueryNode | undefined): Asked[] {
  return [{ query }, { query, columns: plainColumns }, { query, columns: shortColumns }];
}

function compile(query: object): CompiledFilter {
  try {
    return compileFilter(query as MetadataQuery);
  } catch {
    // What sift refuses.
    return fc.pre(false) as never;
  }
}

/** An expectation for each of so many answers would take long. */
function wrong(document: object, asked: unknown, answers: readonly boolean[]): Error {
  const [metadata, query, got] = [document, asked, answers].map((value) => fc.stringify(value));
  return new Error(`got ${got} for ${metadata}, asked for ${query}`);
}

const numbers = [0, -0, 1, 2, 1.5, -1, 1e21, 5e-324, -Number.MAX_VALUE, Infinity, -Infinity, NaN];
const texts = ['', 'x', 'y', 'xx', 'é', '1', 'null', 'NaN', '-0', '{}', '1970-01-01T00:00:00.001Z'];
const highTexts = ['\uffff', '😀', 'x\ue000', '\ud7ff'];
const escapedTexts = ['\u0001', '\u0001x', 'x\0', '\ud800', 'x\udfff', '\\\0'];
const times = [0, 1, 2, -1, -62_167_219_200_000, 253_402_300_799_999];
const farTimes = [253_402_300_800_000, -62_167_219_200_001, 8.64e15, -8.64e15];
const halfTimes = [0.5, 1.5, -0.5, 253_402_300_799_999.5, -62_167_219_200_000.5, 8.7e15];
const dates = (all: readonly number[]) => all.map((time) => new Date(time));

const usualScalars = [...numbers, ...texts, ...highTexts, ...dates(times), true, false, null];
const allOperands = [...usualScalars, ...escapedTexts, ...dates(farTimes), new Date(NaN)];
const allScalars = [...allOperands, undefined, 1n, 5n];
const scalars = fc.constantFrom<unknown>(...allScalars);
const operands = fc.constantFrom<unknown>(...allOperands);
const limits = fc.oneof(operands, fc.constantFrom(...times, ...farTimes, ...halfTimes));
const orders = fc.constantFrom('$lt', '$lte', '$gt', '$gte');

describe('every value', () => {
  const documents = allScalars.map((value) =>
    copyMetadata({ a: value, l: [{}, value], x: { y: value } }),
  );
  beforeAll(() => createTable('scalars', documents));

  it.each(['$eq', '$lt', '$lte', '$gt', '$gte'])('is compared by %s', async (name) => {
    const isOrder = name !== '$eq';
    for (const operand of isOrder ? [...allOperands, ...times, ...halfTimes] : allOperands) {
      const condition = { [name]: operand };
      const filters = ['a', 'l', 'x.y'].flatMap((path) =>
        [{ [path]: condition }, { $nor: [{ [path]: condition }] }].map(compile),
      );
      const asked = filters.map(({ query }) => ({ query, columns: plainColumns }));
      for (const [row, answers] of (await judge('scalars', asked)).entries()) {
        const metadata = documents[row] as Record<string, unknown>;
        const isUnclear = isOrder && isLeftToClient(metadata.a, operand);
        const isRight = (answer: boolean, i: number) =>
          answer === (isUnclear || filters[i]?.passes({ pageContent: '', metadata }));
        if (!answers.every(isRight)) throw wrong(metadata, operand, answers);
      }
    }
  });

  /** Whether the order of the two is. */
  function isLeftToClient(value: unknown, operand: unknown): boolean {
    if (operand === null) return true;
    if (typeof value === 'string' && typeof operand === 'string') {
      return (
        /[\ud800-\uffff]/.test(operand) || [value, operand].some((text) => toPgText(text) !== text)
      );
    }
    const isNumber = typeof operand === 'number' || operand instanceof Date;
    return (
      isNumber &&
      value instanceof Date &&
      farTimes.includes(value.getTime()) &&
      !Number.isNaN(Number(operand))
    );
  }
});

it.each<[metadata: object, query: object]>([
  [{ a: 'xyz' }, { 'a.length': 3 }],
  [{ a: 'xyz' }, { 'a.0': 'x' }],
  [{ a: 'xyz' }, { 'a.0': { $ne: null } }],
  [{ a: 5 }, { 'a.toFixed': { $ne: null } }],
  [{}, { 'constructor.name': 'Object' }],
  [{}, { toString: { $ne: null } }],
  [{ a: [{ b: 1 }] }, { 'a.b': 1 }],
  [{ a: [{ b: 1 }] }, { 'a.0.b': 1 }],
  [{ a: [{ b: 1 }] }, { 'a.b': { $ne: null } }],
  [{ a: [{ b: 1 }] }, { 'a.b': { $exists: true } }],
  [{ a: [{}] }, { 'a.b': { $exists: false } }],
  [{ a: ['x'] }, { 'a.0': { $ne: 'y' } }],
  [{ a: ['x'] }, { 'a.0': 'x' }],
  [{ l: [['x']] }, { l: 'x' }],
  [{ l: [[['x']], 'y'] }, { l: { $in: ['x'] } }],
  [{ l: ['x'] }, { l: { $not: { $not: { $eq: 'x' } } } }],
  [{ l: ['x'] }, { l: { $not: { $not: { $exists: true } } } }],
  [{ l: ['x', 5] }, { l: { $gt: 4, $lt: 6 } }],
  [{ l: [1, 9] }, { l: { $gt: 4, $lt: 6 } }],
  [{ l: ['y', 'x'] }, { l: /^x/ }],
  [{ a: 'x' }, { a: { $in: [1, /x/] } }],
  [{ a: { b: 1 } }, { a: { b: 1 } }],
  [{ a: 5n }, { a: 5n }],
  [{ a: [1, 2] }, { a: { $size: 2 } }],
  [{ a: 1 }, { $nor: [{ constructor: 3 }] }],
])('lets %o through for %o', async (metadata, given) => {
  const { passes, query } = compile(given);
  expect(passes({ pageContent: '', metadata: metadata as Record<string, unknown> })).toBe(true);
  await database.exec('drop table if exists single');
  await createTable('single', [metadata]);
  expect(await judge('single', eachWay(query))).toEqual([[true, true, true]]);
});

it.each<[string, object]>([
  [
    'conditions',
    { $or: [...Array.from({ length: 20_000 }, (_, i) => ({ [`k${i}`]: i })), { a: 'x' }] },
  ],
  ['values', { a: { $in: [...Array(10_000).keys(), 'x'] } }],
  ['levels', Array.from({ length: 500 }).reduce<object>((part) => ({ $not: part }), { a: 'x' })],
  [
    'levels of an operator',
    { a: Array.from({ length: 500 }).reduce<object>((part) => ({ $not: part }), { $eq: 'x' }) },
  ],
  ['keys', { $nor: [{ [Array(5000).fill('a').join('.')]: 1 }] }],
])('asks no more %s of a statement than it can have', async (_, given) => {
  const { passes, query } = compile(given);
  const metadata = { a: 'x' };
  expect(passes({ pageContent: '', metadata })).toBe(true);
  await database.exec('drop table if exists single');
  await createTable('single', [metadata]);
  expect(await judge('single', eachWay(query))).toEqual([[true, true, true]]);
});

describe('documents that pass', () => {
  const keys = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'l') },
    fc.constantFrom('0', '1', '-1', '', ' 0', '+0', 'a/b', '~', '~1', '$a', '"', "'"),
    fc.constantFrom('length', 'constructor', '__proto__', 'toString', 'name'),
    fc.constantFrom('x\0', '\ud800', '\u0001'),
  );
  const { metadata } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 5, arbitrary: scalars },
      { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
      { weight: 2, arbitrary: tie('metadata') },
    ),
    metadata: fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
  })) as { readonly metadata: fc.Arbitrary<Record<string, unknown>> };
  const documents = fc
    .sample(metadata, { numRuns: 200, seed: 1 })
    .map((given) => copyMetadata(given));
  beforeAll(() => createTable('any_documents', documents));

  const paths = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...declared.keys()) },
    keys,
    fc.array(keys, { minLength: 2, maxLength: 3 }).map((path) => path.join('.')),
  );
  const lists = fc.array(fc.oneof(operands, fc.constantFrom(/x/, 1n)), { maxLength: 3 });
  const anyOperand = fc.oneof(
    { weight: 4, arbitrary: operands },
    lists,
    fc.constantFrom({}, { a: 1 }, [[1]], 5n, /x/, /^$/i),
  );
  const operator = (condition: fc.Arbitrary<unknown>) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ $eq: anyOperand }) },
      { weight: 3, arbitrary: fc.record({ $ne: anyOperand }) },
      { weight: 3, arbitrary: fc.record({ $in: lists }) },
      { weight: 3, arbitrary: fc.record({ $nin: lists }) },
      {
        weight: 5,
        arbitrary: fc.dictionary(orders, fc.oneof(limits, anyOperand), { minKeys: 1, maxKeys: 2 }),
      },
      fc.record({ $exists: fc.boolean() }),
      fc.record({ $not: condition }),
      fc.constantFrom({ $regex: 'x' }, { $regex: '^X', $options: 'i' }, { $regex: '.' }),
      fc.record({ $size: fc.nat(2) }),
      fc.record({ $elemMatch: condition }),
      fc.record({ $all: lists }),
      fc.record({ $type: fc.constantFrom('string', 'array', 'null') }),
      fc.constant({ $mod: [2, 1] }),
    );
  const { query } = fc.letrec((tie) => ({
    condition: fc
      .array(operator(tie('condition')), { minLength: 1, maxLength: 2 })
      .map((all) => Object.assign({}, ...all)),
    query: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      {
        weight: 5,
        arbitrary: fc.dictionary(paths, fc.oneof(tie('condition'), anyOperand), { maxKeys: 2 }),
      },
      fc.record({ $and: fc.array(tie('query'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ $or: fc.array(tie('query'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ $nor: fc.array(tie('query'), { minLength: 1, maxLength: 2 }) }),
      fc.record({ $not: tie('query') }),
    ),
  })) as { readonly query: fc.Arbitrary<object> };

  it('are let through, whatever is asked', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(query, async (given) => {
        const { passes, query: node } = compile(given);
        for (const [row, answers] of (await judge('any_documents', eachWay(node))).entries()) {
          const document = documents[row] as Record<string, unknown>;
          const passed = attempt(() => passes({ pageContent: '', metadata: document }));
          if (passed) found++;
          // Never NULL.
          const isRight = (answer: unknown) => answer === true || (answer === false && !passed);
          if (!answers.every(isRight)) throw wrong(document, given, answers);
        }
      }),
      { numRuns: 200 },
    );
    expect(found).toBeGreaterThan(2000);
  });
});

/** What sift throws at is no document that passes. */
function attempt(action: () => boolean): boolean {
  try {
    return action();
  } catch {
    return false;
  }
}

describe('other documents', () => {
  const scalar = fc.constantFrom<unknown>(...usualScalars, new Date(NaN), undefined, 1n);
  const list = fc.array(fc.oneof(scalar, fc.constant({ x: 1 })), { maxLength: 3 });
  const inner = fc.record({ b: scalar, l: list, x: scalar }, { requiredKeys: [] });
  const metadata = fc.record(
    { a: fc.oneof(scalar, inner), b: fc.oneof(scalar, inner), l: fc.oneof(scalar, list) },
    { requiredKeys: [] },
  );
  const documents = fc
    .sample(metadata, { numRuns: 200, seed: 2 })
    .map((given) => copyMetadata(given));
  beforeAll(() => createTable('usual_documents', documents));

  const operand = fc.oneof(operands, fc.constantFrom(...times, ...halfTimes));
  const ordered = fc.oneof(
    fc.constantFrom<unknown>(...numbers, ...times, ...halfTimes, ...farTimes, true, false),
    fc.constantFrom(...texts, '\ud7ff', ...dates(times), ...dates(farTimes)),
  );
  const operator = fc.oneof(
    fc.record({ $eq: operand }),
    fc.record({ $ne: operand }),
    fc.record({ $in: fc.array(operand, { maxLength: 3 }) }),
    fc.record({ $nin: fc.array(operand, { maxLength: 3 }) }),
    {
      weight: 3,
      arbitrary: fc.dictionary(orders, ordered, { minKeys: 1, maxKeys: 2 }),
    },
    fc.record({ $exists: fc.boolean() }),
  );
  const condition = fc
    .array(operator, { minLength: 1, maxLength: 2 })
    .map((all) => Object.assign({}, ...all));
  const negation = fc.record({ $not: fc.oneof(condition, fc.record({ $not: condition })) });
  const field = fc.dictionary(
    fc.constantFrom('a', 'b', 'l', 'a.b', 'b.l', 'a.x', 'b.x'),
    fc.oneof({ weight: 3, arbitrary: condition }, operand, negation),
    { minKeys: 1, maxKeys: 2 },
  );
  const { query } = fc.letrec((tie) => ({
    query: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: field },
      fc.record({ $and: fc.array(tie('query'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ $or: fc.array(tie('query'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ $nor: fc.array(tie('query'), { minLength: 1, maxLength: 2 }) }),
      fc.record({ $not: tie('query') }),
    ),
  })) as { readonly query: fc.Arbitrary<object> };

  it('are not, where PostgreSQL can tell', async () => {
    let [yes, no] = [0, 0];
    await fc.assert(
      fc.asyncProperty(query, async (given) => {
        const { passes, query: node } = compile(given);
        for (const [row, answers] of (await judge('usual_documents', eachWay(node))).entries()) {
          const document = documents[row] as Record<string, unknown>;
          const passed = passes({ pageContent: '', metadata: document });
          if (passed) yes++;
          else no++;
          if (!answers.every((answer) => answer === passed)) throw wrong(document, given, answers);
        }
      }),
      { numRuns: 150 },
    );
    expect(Math.min(yes, no)).toBeGreaterThan(2000);
  });
});

describe('hostile strings', () => {
  const signs = String.raw`' '' " \ \' \\ $1 $0 $a$ $$ :: ; -- /* */ %s %n % { } [ ] , ( ) #> -> ? @ ~ / .`;
  const words = String.raw`null NULL select pg_sleep(9) chr(39) {"a":1} {a} $[*] $where \u0000 \x00 x`;
  const characters = '\0\u0001\ud800\udc00\u2019\uff07\u02bc\u200b\ufeff\n `é';
  const pieces = [
    ...signs.split(' '),
    ...words.split(' '),
    ...characters.split(''),
    '😀',
    "'; drop table hostile; --",
    '"; drop table hostile',
    "' or '1'='1",
    String.raw`E'\x27'`,
    String.raw`U&'\0027'`,
  ];
  const strings = [
    ...new Set([
      ...pieces,
      ...fc.sample(
        fc
          .array(fc.constantFrom(...pieces), { minLength: 2, maxLength: 5 })
          .map((all) => all.join('')),
        { numRuns: 1000, seed: 3 },
      ),
    ]),
  ];
  /** Rows that a string is looked for in: all others of its group have others. */
  const groups = 40;
  const ways = {
    value: (text: string) => ({ a: text }),
    path: (text: string) => ({ [`k.${text}`]: text.length }),
    item: (text: string) => ({ l: { $in: ['none', text] } }),
    negation: (text: string) => ({ $nor: [{ copy: { $ne: text } }] }),
  } as const;
  const sources = strings.map((text) => ({
    a: text,
    copy: text,
    l: [0, text],
    k: text.split('.').reduceRight<unknown>((value, key) => ({ [key]: value }), text.length),
  }));
  beforeAll(() => createTable('hostile', sources));

  it('are what they are, as values, in lists and in paths', async () => {
    expect(strings.length).toBeGreaterThan(1000);
    for (const [row, text] of strings.entries()) {
      const parameters = new SqlParameters();
      // All of them for each would take long.
      const tried = Object.entries(ways).filter((_, i) => i < 2 || i % 2 === row % 2);
      const columns = tried.map(([name, create]) => {
        const { query } = compileFilter(create(text));
        const sql = filterSql(query, { columns: plainColumns, parameters, table: 'd' });
        return `coalesce(array_agg(row) filter (where ${sql}), '{}') as "${name}"`;
      });
      const { rows } = await database.query(
        `select ${columns.join(', ')} from hostile d where row % ${groups} = ${row % groups}`,
        parameters.values,
      );
      const expected = Object.fromEntries(tried.map(([name]) => [name, [row]]));
      expect({ text, ...(rows[0] as object) }).toEqual({ text, ...expected });
    }
    const { rows } = await database.query('select count(*)::int as rows from hostile');
    expect(rows).toEqual([{ rows: strings.length }]);
  });

  it('are refused as operators', () => {
    const operators = strings.filter((text) => text.startsWith('$'));
    expect(operators.length).toBeGreaterThan(20);
    for (const text of operators) expect(() => compileFilter({ [text]: 1 })).toThrow('filter: ');
  });
});

describe('an index on a declared field', () => {
  const columns: FieldColumns = new Map([
    ['lang', 'f1'],
    ['year', 'f2'],
    ['loc.page', 'f3'],
  ]);
  beforeAll(() =>
    database.exec(`
      create table many (
        metadata jsonb not null,
        types jsonb,
        f1 jsonb generated always as (metadata #> '{lang}') stored,
        f2 jsonb generated always as (metadata #> '{year}') stored,
        f3 jsonb generated always as (metadata #> '{loc,page}') stored
      );
      insert into many (metadata) select jsonb_build_object(
        'lang', 'l' || i % 200, 'year', i % 1000, 'loc', jsonb_build_object('page', i % 500 / 2.0)
      ) from generate_series(1, 20000) i;
      insert into many (metadata) values
        ('{"lang": ["l7", "x"], "year": [15], "loc": {"page": [7]}}'), ('{"loc": [{"page": 7}]}');
      create index f1 on many (f1);
      create index f2 on many (f2);
      create index f3 on many (f3);
      analyze many;
    `),
  );

  it.each<[object, number]>([
    [{ lang: 'l7' }, 101],
    [{ lang: { $in: ['l7', 'l8', 'none'] } }, 201],
    [{ year: 15 }, 21],
    [{ year: { $gt: 990 } }, 180],
    [{ year: { $gte: 10, $lt: 20 } }, 201],
    // In one, a list is on the path.
    [{ 'loc.page': 7 }, 42],
    [{ 'loc.page': { $lte: 2 } }, 201],
    [{ $or: [{ lang: 'l7' }, { year: 15 }] }, 121],
    [{ lang: null }, 1],
  ])('is read for %j', async (given, found) => {
    const { query } = compileFilter(given as MetadataQuery);
    const parameters = new SqlParameters();
    const sql = filterSql(query, { columns, parameters, table: 'd' });
    const counted = await database.query(
      `select count(*)::int as found from many d where ${sql}`,
      parameters.values,
    );
    expect(counted.rows).toEqual([{ found }]);
    const { rows } = await database.query(
      `explain select from many d where ${sql}`,
      parameters.values,
    );
    const plan = JSON.stringify(rows);
    expect(plan).toMatch(/Index Scan (on|using) f\d/);
    expect(plan).not.toContain('Seq Scan');
  });
});
