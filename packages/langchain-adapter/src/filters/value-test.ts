import { isPlainObject } from '../documents/plain-value.ts';

/** What conditions compare: dates are the milliseconds that they stand for, and what is missing is null. */
export type Scalar = string | number | boolean | null;

/** What a query asks of the value of one field. */
export interface ValueTest {
  /** @param exists whether the field is there, be it as null */
  readonly accepts: (value: Scalar, exists: boolean) => boolean;
  /** Undefined where lists are for `sift` to judge. */
  readonly acceptsList: ((list: readonly Scalar[]) => boolean) | undefined;
  /** The only values that pass, alone or in a list, where these are known. */
  readonly values?: ReadonlySet<Scalar> | undefined;
  /** Whether `exists` matters. */
  readonly asksExistence?: boolean | undefined;
  /** The same, to be said in another language. */
  readonly condition: Condition;
}

/** What a test asks of a value, or of a list. */
export type Condition =
  /** The value, or any of a list, is one of those named or matches one of the patterns. */
  | {
      readonly kind: 'some';
      readonly values: ReadonlySet<Scalar>;
      readonly patterns: readonly RegExp[];
    }
  | OrderCondition
  | { readonly kind: 'exists'; readonly wanted: boolean }
  /** The opposite: neither the value nor any of a list is what the part names, say. */
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'every'; readonly parts: readonly Condition[] };

/** The value, or any of a list, is of the type of the limit and on that side of it. */
export interface OrderCondition {
  readonly kind: 'order';
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly limit: string | number | boolean;
  readonly matches: Matcher;
}

type Matcher = (value: Scalar) => boolean;

/** Undefined for a value that has to be left to `sift`. */
export function toScalar(value: unknown): Scalar | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  if (value === null || value === undefined) return null;
  return value instanceof Date ? value.getTime() : undefined;
}

/**
 * The test that a value or an object of operators stands for, with the answers of `sift`.
 *
 * @param operand of a query that `sift` has accepted
 * @returns undefined where that is not simple
 */
export function createValueTest(operand: unknown): ValueTest | undefined {
  if (!isPlainObject(operand)) return some([operand]);
  const tests: ValueTest[] = [];
  for (const [name, value] of Object.entries(operand)) {
    // Of $regex.
    if (name === '$options') continue;
    const test = createOperator(name, value);
    if (!test) return undefined;
    tests.push(test);
  }
  return tests.length < 2 ? tests[0] : every(tests);
}

function createOperator(name: string, operand: unknown): ValueTest | undefined {
  switch (name) {
    case '$eq':
      return some([operand]);
    case '$ne':
      return none(some([operand]));
    case '$in':
      return some(Array.isArray(operand) ? operand : [operand]);
    case '$nin':
      return none(some(Array.isArray(operand) ? operand : [operand]));
    case '$lt':
      return ordered(
        operand,
        '<',
        (limit, type) => (value) => typeof value === type && (value as number) < limit,
      );
    case '$lte':
      return ordered(
        operand,
        '<=',
        (limit, type) => (value) => typeof value === type && (value as number) <= limit,
      );
    case '$gt':
      return ordered(
        operand,
        '>',
        (limit, type) => (value) => typeof value === type && (value as number) > limit,
      );
    case '$gte':
      return ordered(
        operand,
        '>=',
        (limit, type) => (value) => typeof value === type && (value as number) >= limit,
      );
    case '$exists':
      return existence(Boolean(operand));
    case '$regex':
      return some([operand]);
    case '$not':
      return negation(createValueTest(operand));
    default:
      return undefined;
  }
}

function every(tests: readonly ValueTest[]): ValueTest {
  const ofLists = tests.map(({ acceptsList }) => acceptsList);
  return {
    accepts: tests
      .map(({ accepts }) => accepts)
      .reduce((first, second) => (value, exists) => first(value, exists) && second(value, exists)),
    acceptsList: ofLists.includes(undefined)
      ? undefined
      : (list) => ofLists.every((accepts) => accepts?.(list)),
    asksExistence: tests.some(({ asksExistence }) => asksExistence),
    condition: { kind: 'every', parts: tests.map(({ condition }) => condition) },
  };
}

/** Whether a value, or any of a list, is one of those named or matches one of the patterns. */
function some(named: readonly unknown[]): ValueTest | undefined {
  const values = new Set<Scalar>();
  const patterns: RegExp[] = [];
  for (const item of named) {
    const scalar = toScalar(item);
    if (item instanceof RegExp) patterns.push(item);
    else if (scalar === undefined) return undefined;
    // A set would find NaN, which nothing equals.
    else if (!Number.isNaN(scalar)) values.add(scalar);
  }
  const condition: Condition = { kind: 'some', values, patterns };
  const test = any(createMatcher(values, patterns), condition);
  return patterns.length === 0 ? { ...test, values } : test;
}

function createMatcher(values: ReadonlySet<Scalar>, patterns: readonly RegExp[]): Matcher {
  if (patterns.length > 0) {
    return (value) =>
      values.has(value) ||
      patterns.some((pattern) => typeof value === 'string' && pattern.test(value));
  }
  if (values.size !== 1) return (value) => values.has(value);
  const [only] = values;
  return (value) => value === only;
}

/** Strings are compared with strings, numbers and dates with numbers, booleans with booleans. */
function ordered(
  operand: unknown,
  operator: OrderCondition['operator'],
  create: (limit: number, type: string) => Matcher,
): ValueTest | undefined {
  const limit = toScalar(operand);
  // That null is at least null, and so are some lists, is left to sift.
  if (limit === undefined || limit === null) return undefined;
  const matches = create(limit as number, typeof limit);
  return any(matches, { kind: 'order', operator, limit, matches });
}

function any(matches: Matcher, condition: Condition): ValueTest {
  return { accepts: matches, acceptsList: (list) => list.some((item) => matches(item)), condition };
}

function none(test: ValueTest | undefined): ValueTest | undefined {
  if (!test?.acceptsList) return undefined;
  const { accepts, acceptsList, condition } = test;
  return {
    accepts: (value, exists) => !accepts(value, exists),
    acceptsList: (list) => !acceptsList(list),
    condition: { kind: 'not', part: condition },
  };
}

function existence(wanted: boolean): ValueTest {
  return {
    accepts: (_, exists) => exists === wanted,
    acceptsList: () => wanted,
    asksExistence: true,
    condition: { kind: 'exists', wanted },
  };
}

/** Not of a list, whose values sift negates one after the other. */
function negation(test: ValueTest | undefined): ValueTest | undefined {
  if (!test) return undefined;
  return {
    accepts: (value, exists) => !test.accepts(value, exists),
    acceptsList: undefined,
    asksExistence: test.asksExistence,
    condition: { kind: 'not', part: test.condition },
  };
}
