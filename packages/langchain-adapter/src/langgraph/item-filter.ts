import { isDate, isPlainObject, isSameValue } from '../documents/plain-value.ts';
import { invalidOperation } from './invalid-operation.ts';

/** Whether the value of an item passes. */
export type ItemFilter = (value: Readonly<Record<string, unknown>>) => boolean;

type Test = (value: unknown) => boolean;

/** As LangGraph's own stores know them: what is compared by size is compared as numbers. */
const operators: Readonly<Record<string, (wanted: unknown, name: string) => Test>> = {
  $eq: (wanted) => (value) => isEqual(value, wanted),
  $ne: (wanted) => (value) => !isEqual(value, wanted),
  $gt: (wanted) => (value) => toNumber(value) > toNumber(wanted),
  $gte: (wanted) => (value) => toNumber(value) >= toNumber(wanted),
  $lt: (wanted) => (value) => toNumber(value) < toNumber(wanted),
  $lte: (wanted) => (value) => toNumber(value) <= toNumber(wanted),
  $in: (wanted, name) => {
    const list = checkList(wanted, name);
    return (value) => list.some((each) => isEqual(value, each));
  },
  $nin: (wanted, name) => {
    const list = checkList(wanted, name);
    return (value) => !list.some((each) => isEqual(value, each));
  },
};

/**
 * Conditions on fields of values, all of which are to hold.
 *
 * @throws BitryoshkaError `invalid-option` for operators that LangGraph does not know
 */
export function compileItemFilter(filter: unknown): ItemFilter | undefined {
  if (filter === undefined || filter === null) return undefined;
  if (!isPlainObject(filter)) throw invalidOperation('filter', filter, 'an object');
  const tests = Object.entries(filter).map(
    ([field, wanted]) => [field, compileTest(wanted, `filter.${field}`)] as const,
  );
  return (value) =>
    tests.every(([field, test]) => test(Object.hasOwn(value, field) ? value[field] : undefined));
}

function compileTest(wanted: unknown, name: string): Test {
  const names = isPlainObject(wanted) ? Object.keys(wanted) : [];
  const isLiteral = !isPlainObject(wanted) || (names.length > 0 && !names.some(isOperator));
  if (isLiteral) return (value) => isEqual(value, wanted);
  const tests = names.map((operator) => {
    const compile = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
    if (compile) return compile(wanted[operator], `${name}.${operator}`);
    throw invalidOperation(name, operator, `some of ${Object.keys(operators).join(', ')}`);
  });
  return (value) => tests.every((test) => test(value));
}

function isOperator(name: string): boolean {
  return name.startsWith('$');
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || isSameValue(a, b);
}

function toNumber(value: unknown): number {
  const isComparable = typeof value !== 'object' || value === null || isDate(value);
  return isComparable && typeof value !== 'symbol' ? Number(value) : Number.NaN;
}

function checkList(wanted: unknown, name: string): readonly unknown[] {
  if (Array.isArray(wanted)) return wanted;
  throw invalidOperation(name, wanted, 'a list');
}
