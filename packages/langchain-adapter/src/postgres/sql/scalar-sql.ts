import type { OrderCondition, Scalar } from '../../filters/value-test.ts';
import { toPgText } from '../database/pg-text.ts';
import { all, any } from './boolean-sql.ts';

/**
 * Whether SQL is to say yes to all that may pass, or only to what must: the two differ in what only the client can
 * judge.
 */
export type Certainty = 'may' | 'must';

/**
 * A condition on one value. It is false for lists and objects.
 *
 * @param value jsonb in SQL, not NULL
 * @param type in SQL, what `types` says of it: '' for what JSON has
 */
export type ScalarSql = (value: string, type: string) => string;

/** Adds a value to the statement: SQL of type text. */
type AddText = (text: string) => string;

/** Numbers that JSON lacks and some number equals or exceeds, as they are kept: text of the type number. */
const specialNumbers = ['-0', 'Infinity', '-Infinity'];
/** In jsonb, all numbers of JavaScript lie between these, above all strings and below all booleans. */
const leastNumber = "'-1e309'::jsonb";
const numbersEnd = "'false'::jsonb";
/** What a `Date` can be, in milliseconds. */
const mostTime = 8.64e15;
/** Years of four digits. Others have a sign before them, which in ASCII comes before digits. */
const firstTime = Date.parse('0000-01-01T00:00:00.000Z');
const lastTime = Date.parse('9999-12-31T23:59:59.999Z');
const beforeYears = '0';
const afterYears = ':';

/** Whether it is one of those named, or a string that some pattern may match, which only the client can tell. */
export function oneOf(
  values: ReadonlySet<Scalar>,
  hasPatterns: boolean,
  certainty: Certainty,
  addText: AddText,
): ScalarSql {
  const numbers = [...values].filter((value) => typeof value === 'number');
  const strings = [...values].filter((value) => typeof value === 'string').map(toPgText);
  const booleans = [...values].filter((value) => typeof value === 'boolean');
  const times = numbers.filter((time) => Number.isInteger(time) && Math.abs(time) <= mostTime);
  const isPlain = equals([...numbers.filter(Number.isFinite), ...booleans], addText);
  const isString = equals(strings, addText);
  const isDate = equals(
    times.map((time) => new Date(time).toISOString()),
    addText,
  );
  const isSpecial = equals(
    specialNumbers.filter((text) => values.has(Number(text))),
    addText,
  );
  return (value, type) =>
    any([
      isPlain(value),
      all([isString(value), `${type} = ''`]),
      all([isDate(value), `${type} = 'date'`]),
      all([isSpecial(value), `${type} = 'number'`]),
      // An invalid date, which is NaN, is kept as null.
      values.has(null) ? all([`${value} = 'null'::jsonb`, `${type} <> 'date'`]) : 'false',
      hasPatterns && certainty === 'may' ? all([isText(value), `${type} = ''`]) : 'false',
    ]);
}

/** Whether it lies on the asked sides of all limits. */
export function ordered(
  limits: readonly OrderCondition[],
  certainty: Certainty,
  addText: AddText,
): ScalarSql {
  const types = new Set(limits.map(({ limit }) => typeof limit));
  if (types.size > 1) return () => 'false';
  if (types.has('string')) return orderedStrings(limits, certainty, addText);
  if (types.has('number')) return orderedNumbers(limits, certainty, addText);
  const booleans = [false, true].filter((value) => limits.every(({ matches }) => matches(value)));
  return equals(booleans, addText);
}

function orderedNumbers(
  limits: readonly OrderCondition[],
  certainty: Certainty,
  addText: AddText,
): ScalarSql {
  if (limits.some(({ limit }) => Number.isNaN(limit))) return () => 'false';
  const isSpecial = equals(
    specialNumbers.filter((text) => limits.every(({ matches }) => matches(Number(text)))),
    addText,
  );
  const isOnSides = limits.map(({ operator, limit }) => {
    const json = addText(jsonOf(limit as number));
    return (value: string) => `${value} ${operator} ${json}::jsonb`;
  });
  const isDateOnSides = limits.map(({ operator, limit }) =>
    orderedDate(operator, limit as number, certainty, addText),
  );
  const isAbove = limits.some(({ operator }) => operator.startsWith('>'));
  const isBelow = limits.some(({ operator }) => operator.startsWith('<'));
  return (value, type) =>
    any([
      all([
        isAbove ? 'true' : `${value} > ${leastNumber}`,
        ...isOnSides.map((isOnSide) => isOnSide(value)),
        isBelow ? 'true' : `${value} < ${numbersEnd}`,
      ]),
      all([isSpecial(value), `${type} = 'number'`]),
      all([isText(value), `${type} = 'date'`, ...isDateOnSides.map((is) => is(textOf(value)))]),
    ]);
}

/** ISO texts are in the order of the dates where years have four digits; others are left to the client. */
function orderedDate(
  operator: OrderCondition['operator'],
  limit: number,
  certainty: Certainty,
  addText: AddText,
): (text: string) => string {
  // Dates are whole milliseconds.
  const time = operator === '<' || operator === '>=' ? Math.ceil(limit) : Math.floor(limit);
  const bound = addText(isoBound(time));
  return (text) => {
    const isOnSide = `${text} ${operator} ${bound}`;
    const isBefore = operator.startsWith('<');
    if (isBefore && certainty === 'must') return all([isOnSide, `${text} >= '${beforeYears}'`]);
    if (!isBefore && certainty === 'may') return any([isOnSide, `${text} < '${beforeYears}'`]);
    return isOnSide;
  };
}

/** Infinity is beyond all numbers. */
function jsonOf(limit: number): string {
  if (Number.isFinite(limit)) return JSON.stringify(limit);
  return limit > 0 ? '1e309' : '-1e309';
}

function isoBound(time: number): string {
  if (time < firstTime) return beforeYears;
  return time > lastTime ? afterYears : new Date(time).toISOString();
}

function orderedStrings(
  limits: readonly OrderCondition[],
  certainty: Certainty,
  addText: AddText,
): ScalarSql {
  const judged = limits.filter(({ limit }) => hasOrderOfText(limit as string));
  if (judged.length < limits.length && certainty === 'must') return () => 'false';
  const isOnSides = judged.map(({ operator, limit }) => {
    const bound = addText(limit as string);
    return (text: string) => `${text} ${operator} ${bound}`;
  });
  return (value, type) => {
    const text = textOf(value);
    const isOnSide = all(isOnSides.map((is) => is(text)));
    // Texts with escapes begin with U+0001, and their order is that of the escapes.
    const isLeft =
      certainty === 'may'
        ? any([isOnSide, all([`${text} >= chr(1)`, `${text} < chr(2)`])])
        : all([isOnSide, any([`${text} < chr(1)`, `${text} >= chr(2)`])]);
    return all([isText(value), `${type} = ''`, isLeft]);
  };
}

/**
 * Whether strings are above and below it alike in JavaScript and in PostgreSQL: their order by 16-bit units differs
 * from that of characters where both have one from U+D800 on in the same place.
 */
function hasOrderOfText(limit: string): boolean {
  return toPgText(limit) === limit && !/[\ud800-\uffff]/.test(limit);
}

/** @param scalars none of them null, a number that JSON lacks, or text that PostgreSQL cannot keep */
function equals(scalars: readonly Scalar[], addText: AddText): (value: string) => string {
  const [first, ...others] = scalars.map((scalar) => JSON.stringify(scalar));
  if (first === undefined) return () => 'false';
  if (others.length === 0) {
    const json = addText(first);
    return (value) => `${value} = ${json}::jsonb`;
  }
  const items = [first, ...others].map((json) => `"${json.replace(/["\\]/g, '\\$&')}"`);
  const list = addText(`{${items.join(',')}}`);
  return (value) => `${value} = any (${list}::jsonb[])`;
}

/** A string, or what is kept as one; in words that an index on jsonb understands. */
function isText(value: string): string {
  return all([`${value} > 'null'::jsonb`, `${value} < ${leastNumber}`]);
}

/** In the order of characters, whatever the language of the database. */
function textOf(value: string): string {
  return `(${value} #>> '{}') collate "C"`;
}
