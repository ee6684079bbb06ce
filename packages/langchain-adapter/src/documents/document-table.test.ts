import { Document } from '@langchain/core/documents';
import fc from 'fast-check';
import sift from 'sift';
import { describe, expect, it } from 'vitest';
import type { MetadataQuery } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import { copyMetadata } from './copy-metadata.ts';
import { DocumentTable } from './document-table.ts';

const createTester = sift as unknown as typeof sift.default;

/** Few, so that metadata and filters meet; some are equal to some, and not to others, in odd ways. */
const texts = ['', 'a', 'b', '1', '["a"]'];
const numbers = [0, -0, 1, 2, 1.5, Number.NaN, Infinity];
const dates = [1, 2, Number.NaN].map((time) => new Date(time));
const values = [...texts, ...numbers, ...dates, true, false, null, 5n];
const value = fc.constantFrom<unknown>(...values);
const nestedOf = (...others: unknown[]) =>
  fc.letrec<{ any: unknown; list: unknown; object: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      { weight: 6, arbitrary: value },
      { weight: 2, arbitrary: tie('list') },
      { weight: 2, arbitrary: tie('object') },
      fc.constantFrom(undefined, ...others),
    ),
    list: fc.oneof(
      fc.array(value, { maxLength: 3 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.constant(Array.from({ length: 2 })),
    ),
    object: fc.dictionary(fc.constantFrom('a', 'b', '0', 'length'), tie('any'), { maxKeys: 3 }),
  })).any;
const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const metadata = fc.dictionary(name, nestedOf(), { maxKeys: 4 });

const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c') },
  fc.constantFrom('a.a', 'a.b', 'b.a.b', 'a.0', 'a.length', 'constructor', '__proto__.a', 'a.', ''),
);
const isDefined = (item: unknown) => item !== undefined;
const pattern = fc.constantFrom(/a/, /^$/, /A/i, /a/g, /b|$/m);
const operand = fc.oneof(
  { weight: 6, arbitrary: value },
  nestedOf(/a/, new Map([['a', 1]]), Object.create({ a: 1 })).filter(isDefined),
  pattern,
  fc.constant((item: unknown) => item === 'a'),
);
const operators = fc.letrec<{ all: object; one: [string, unknown] }>((tie) => ({
  all: fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map(Object.fromEntries),
  one: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'), operand),
    fc.tuple(fc.constantFrom('$in', '$nin', '$all'), fc.oneof(fc.array(operand), operand)),
    fc.tuple(fc.constant('$exists'), fc.constantFrom(true, false, 0, 'yes')),
    fc.tuple(fc.constant('$regex'), fc.constantFrom('a', '^B', /b/)),
    fc.tuple(fc.constant('$options'), fc.constantFrom('i', 'g')),
    fc.tuple(fc.constant('$size'), fc.nat(3)),
    fc.tuple(fc.constant('$type'), fc.constantFrom('number', 'string', 'null', 'array')),
    fc.tuple(fc.constant('$not'), fc.oneof(tie('all'), operand)),
    fc.tuple(fc.constant('$elemMatch'), tie('all')),
  ),
}));
const query = fc.letrec<{ all: MetadataQuery; one: [string, unknown] }>((tie) => ({
  all: fc.array(tie('one'), { maxLength: 3 }).map(Object.fromEntries),
  one: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: fc.tuple(path, fc.oneof(operand, operators.all)) },
    fc.tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('all'), { maxLength: 3 })),
    fc.tuple(fc.constant('$not'), tie('all')),
    operators.one,
  ),
})).all;

/** The answers of sift, or what it throws. */
function attempt<T>(action: () => T): T | 'error' {
  try {
    return action();
  } catch {
    return 'error';
  }
}

function isComplete(item: unknown): boolean {
  if (Array.isArray(item)) return Array.from(item).every(isComplete);
  if (typeof item !== 'object' || item === null) return item !== undefined;
  return Object.values(item).every(isComplete);
}

const entryOf = (id: string, data: Record<string, unknown>) => ({
  id,
  document: new Document({ pageContent: '', metadata: copyMetadata(data) }),
});

describe('a query', () => {
  it('is answered as sift answers it, from indexed fields and others', () => {
    fc.assert(
      fc.property(
        fc.array(metadata, { maxLength: 40 }),
        fc.array(query.filter(isComplete), { minLength: 1, maxLength: 6 }),
        fc.uniqueArray(fc.constantFrom('a', 'b', 'a.b', 'b.a.b')),
        fc.array(fc.nat(60)),
        (list, queries, fields, changes) => {
          const table = new DocumentTable(fields);
          const model = new Map<number, Record<string, unknown>>();
          let next = 0;
          const put = (id: number, data: Record<string, unknown>) => {
            const entry = entryOf(String(id), data);
            for (const row of table.append([entry], next)) model.delete(row);
            // As it is stored: sift finds a date that is the filter's own, be it no date at all.
            model.set(next, entry.document.metadata);
            next += 1 + (id % 5 === 0 ? 3000 : 0);
          };
          const compare = () => {
            for (const asked of queries) {
              const expected = attempt(() => {
                const passes = createTester(asked);
                return [...model].filter(([, data]) => passes(data)).map(([row]) => row);
              });
              const filter = attempt(() => compileFilter(asked));
              if (filter === 'error') expect(expected).toBe('error');
              // An error that sift finds in one document may be in another that need not be asked.
              else if (expected !== 'error') expect(table.allowed(filter).rows()).toEqual(expected);
            }
          };
          list.forEach((data, id) => {
            put(id, data);
          });
          compare();
          for (const change of changes) {
            const row = change % 2 === 0 ? table.delete(String(change)) : undefined;
            if (row !== undefined) model.delete(row);
            if (change % 3 === 0) put(change, list[change] ?? { a: change });
          }
          compare();
        },
      ),
      { numRuns: 1500 },
    );
  });
});

it('compares any two values as sift does', () => {
  const some: unknown[] = [...values, undefined];
  const lists = values.flatMap((first) => values.map((second) => [first, second]));
  const list = [...some, [], ...lists].map((a) => ({ a }));
  const entries = [...list, {}].map((data, i) => entryOf(String(i), data));
  const table = new DocumentTable(['a']);
  table.append(entries, 0);
  const names = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin'];
  const operands = names.flatMap((key) => values.map((item): unknown => ({ [key]: item })));
  const pairs = lists.flatMap((pair): unknown[] => [{ $in: pair }, { $not: { $in: pair } }]);
  for (const a of [...operands, ...pairs, { $exists: true }, { $exists: false }]) {
    const [filter, passes] = [compileFilter({ a }), createTester({ a })];
    const expected = entries.flatMap(({ document }, i) => (passes(document.metadata) ? [i] : []));
    expect(table.allowed(filter).rows()).toEqual(expected);
    const asked = entries.flatMap(({ document }, i) => (filter.passes(document) ? [i] : []));
    expect(asked).toEqual(expected);
  }
});

it('takes an answer for that to another question only while no value has come that tells them apart', () => {
  const table = new DocumentTable(['lang']);
  const either = compileFilter({ lang: { $in: ['de', 'en'] } });
  table.append([entryOf('0', { lang: 'de' })], 0);
  expect(table.allowed(either).rows()).toEqual([0]);
  table.append([entryOf('1', { lang: 'en' })], 1);
  expect(table.allowed(either).rows()).toEqual([0, 1]);
  expect(table.allowed(compileFilter({ lang: 'de' })).rows()).toEqual([0]);
});

describe.each([['declared', ['lang']] as const, ['asked for', []] as const])(
  'a field %s',
  (_, fields) => {
    const filter = compileFilter({ lang: 'de' });
    const entries = Array.from({ length: 10_000 }, (_, i) =>
      entryOf(String(i), { lang: i % 2 === 0 ? 'de' : 'en' }),
    );

    it('gives rows that stay as they are when documents change', () => {
      const table = new DocumentTable(fields);
      table.append(entries, 0);
      const allowed = table.allowed(filter);
      table.delete('0');
      table.append([entryOf('x', { lang: 'de' })], 10_000);
      expect(allowed.size).toBe(5000);
      expect([allowed.has(0), allowed.has(10_000)]).toEqual([true, false]);
      expect(table.allowed(filter).size).toBe(5000);
      allowed.add(1);
      expect(table.allowed(filter).has(1)).toBe(false);
    });

    it('takes in many rows little by little, with the same answers', () => {
      const table = new DocumentTable(fields);
      for (let first = 0; first < 300_000; first += entries.length) {
        const renamed = entries.map(({ document }, i) => ({ id: `${first + i}`, document }));
        table.append(renamed, first);
      }
      for (let use = 0; use < 4; use++) {
        expect(table.allowed(filter).size).toBe(150_000 - use);
        expect(table.allowed(compileFilter({ lang: { $not: { $ne: 'en' } } })).size).toBe(150_000);
        table.delete(String(200_000 + 2 * use));
      }
    });
  },
);

it('indexes any number of fields in turn', () => {
  const table = new DocumentTable();
  const names = Array.from({ length: 20 }, (_, i) => `field${i}`);
  table.append(
    names.map((name, i) => entryOf(name, { [name]: i })),
    0,
  );
  for (let round = 0; round < 2; round++) {
    for (const [i, name] of names.entries()) {
      expect(table.allowed(compileFilter({ [name]: i })).rows()).toEqual([i]);
    }
    const all = { $or: names.map((name) => ({ [name]: { $exists: true } })) };
    expect(table.entriesWhere(compileFilter(all)).map(({ id }) => id)).toEqual(names);
  }
});

it('forgets values that no document has any more', () => {
  const table = new DocumentTable(['time']);
  for (let row = 0; row < 20_000; row++) {
    table.append([entryOf('the one', { time: row, tags: [row] })], row);
  }
  expect(table.allowed(compileFilter({ time: { $gte: 0 } })).rows()).toEqual([19_999]);
  expect(table.allowed(compileFilter({ tags: 19_999 })).rows()).toEqual([19_999]);
});
