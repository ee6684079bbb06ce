import type { QueryNode } from '../../filters/query-node.ts';
import type { Condition, OrderCondition } from '../../filters/value-test.ts';
import { toPointer } from '../../snapshot/typed-json.ts';
import { toPgText } from '../database/pg-text.ts';
import { all, any, not } from './boolean-sql.ts';
import type { Certainty, ScalarSql } from './scalar-sql.ts';
import { oneOf, ordered } from './scalar-sql.ts';

/** Collects values that a statement is sent with. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** @returns what stands for the value in SQL, such as `$3` */
  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

/** Where the declared fields lie: the path of a field -> column name made by us, such as f1 (jsonb). */
export type FieldColumns = ReadonlyMap<string, string>;

/** @param fields in the order of their columns */
export function columnsOf(fields: readonly string[]): FieldColumns {
  return new Map(fields.map((path, i) => [path, `f${i + 1}`]));
}

export interface FilterSqlOptions {
  readonly columns: FieldColumns;
  readonly parameters: SqlParameters;
  /** Alias of the table of documents, made by us. */
  readonly table: string;
}

/** Filters that go beyond are the client's: statements have limits. */
const mostLevels = 50;
const mostParameters = 2000;
const mostKeys = 50;

/**
 * A filter on the columns `metadata` (jsonb, as `toTypedJson` makes it, texts by `toPgText`) and `types` (jsonb or
 * NULL), and on columns of declared fields: `metadata #> path`. In these, any object may stand for a list, an object or
 * a value that is too long for an index.
 *
 * @returns SQL for all documents that pass the filter, and perhaps some that do not, never NULL; 'true' when nothing
 *   can be said
 */
export function filterSql(query: QueryNode | undefined, options: FilterSqlOptions): string {
  if (query === undefined) return 'true';
  const { columns, parameters, table } = options;
  const collected = new SqlParameters();
  const sql = new FilterCompiler(columns, collected, table).compile(query, 'may');
  // Only what is left of the conditions: a statement must not be sent with more than it names.
  const names = new Map<string, string>();
  return sql.replace(/\$(\d+)/g, (name, number: string) => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const added = parameters.add(collected.values[Number(number) - 1]);
    names.set(name, added);
    return added;
  });
}

/** A field of metadata in SQL. */
interface Field {
  /** jsonb; NULL where it is missing, and where lists or strings are on its path. */
  readonly value: string;
  /** NULL where `value` is, and equal for scalars that are not long. */
  readonly column: string | undefined;
  readonly type: string;
  readonly itemType: string;
  /** Of fields that seem missing, those that only the client can find. */
  readonly unclear: string;
}

/** A condition that a value meets, or any of a list. */
interface Asked {
  readonly acceptsMissing: boolean;
  readonly scalar: ScalarSql;
  /** Each of them is met by some item of a list that meets the condition. */
  readonly items: readonly ScalarSql[];
}

/** How a condition is compiled. */
interface Way {
  readonly certainty: Certainty;
  readonly level: number;
}

class FilterCompiler {
  readonly #columns: FieldColumns;
  readonly #parameters: SqlParameters;
  readonly #table: string;
  readonly #fields: Map<string, Field> = new Map();
  readonly #texts: Map<string, string> = new Map();

  constructor(columns: FieldColumns, parameters: SqlParameters, table: string) {
    this.#columns = columns;
    this.#parameters = parameters;
    this.#table = table;
  }

  compile(node: QueryNode, certainty: Certainty, level = 0): string {
    if (this.#isTooLarge(level)) return unclear(certainty);
    switch (node.kind) {
      case 'and':
        return all(node.parts.map((part) => this.compile(part, certainty, level + 1)));
      case 'or':
        return any(node.parts.map((part) => this.compile(part, certainty, level + 1)));
      case 'not':
        return not(this.compile(node.part, opposite(certainty), level + 1));
      case 'field': {
        const keys = node.path.split('.');
        if (keys.length > mostKeys) return unclear(certainty);
        const field = this.#field(node.path, keys);
        return this.#condition(field, node.test.condition, { certainty, level });
      }
      default:
        return unclear(certainty);
    }
  }

  #isTooLarge(level: number): boolean {
    return level > mostLevels || this.#parameters.values.length > mostParameters;
  }

  readonly #addText = (text: string): string => {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const added = `${this.#parameters.add(text)}::text`;
    this.#texts.set(text, added);
    return added;
  };

  #field(path: string, keys: readonly string[]): Field {
    const known = this.#fields.get(path);
    if (known) return known;
    // One after the other, since `#>` takes numbers for places in lists.
    const values = [`${this.#table}.metadata`];
    for (const key of keys) values.push(`${values.at(-1)} -> ${this.#addText(toPgText(key))}`);
    const pointer = this.#addText(toPgText(toPointer(keys)));
    const column = keys.slice(1).some(isPlace) ? undefined : this.#columns.get(path);
    const parents = values.slice(1, -1);
    const field: Field = {
      value: `(${values.at(-1)})`,
      column: column && `${this.#table}.${column}`,
      type: `coalesce(${this.#table}.types ->> ${pointer}, '')`,
      itemType: `coalesce(${this.#table}.types ->> (${pointer} || '/' || (item.place - 1)), '')`,
      unclear: keys.some((key, i) => isInherited(key, i > 0))
        ? 'true'
        : any(parents.map((parent) => `jsonb_typeof(${parent}) is not distinct from 'array'`)),
    };
    this.#fields.set(path, field);
    return field;
  }

  #condition(field: Field, condition: Condition, way: Way): string {
    const { certainty, level } = way;
    if (this.#isTooLarge(level)) return unclear(certainty);
    const inverse = { ...way, certainty: opposite(certainty), level: level + 1 };
    switch (condition.kind) {
      case 'some': {
        const { values, patterns } = condition;
        const is = oneOf(values, patterns.length > 0, certainty, this.#addText);
        const acceptsMissing = values.has(null);
        return this.#valueOrItem(field, { acceptsMissing, scalar: is, items: [is] }, way);
      }
      case 'order':
        return this.#order(field, [condition], way);
      case 'exists':
        return condition.wanted
          ? existence(field, certainty)
          : not(existence(field, inverse.certainty));
      case 'not':
        return not(this.#condition(field, condition.part, inverse));
      case 'every': {
        const orders = condition.parts.filter((part) => part.kind === 'order');
        const others = condition.parts.filter((part) => part.kind !== 'order');
        return all([
          // Two limits are one range of an index.
          orders.length > 0 ? this.#order(field, orders, way) : 'true',
          ...others.map((part) => this.#condition(field, part, { ...way, level: level + 1 })),
        ]);
      }
    }
  }

  #order(field: Field, limits: readonly OrderCondition[], way: Way): string {
    const create = (some: readonly OrderCondition[]) => ordered(some, way.certainty, this.#addText);
    const scalar = create(limits);
    // What lists have beyond one limit may be another item than what they have within the other.
    const items = limits.length === 1 ? [scalar] : limits.map((limit) => create([limit]));
    return this.#valueOrItem(field, { acceptsMissing: false, scalar, items }, way);
  }

  #valueOrItem(field: Field, asked: Asked, { certainty }: Way): string {
    const { value, column, type } = field;
    const { acceptsMissing, scalar } = asked;
    const found = column ?? value;
    const isMissing = `${found} is null`;
    const missing = acceptsMissing
      ? all([isMissing, certainty === 'may' ? 'true' : not(field.unclear)])
      : all([isMissing, certainty === 'may' ? field.unclear : 'false']);
    const whole = this.#whole(field, asked, certainty);
    if (column === undefined) return any([missing, whole]);
    // Lists and objects come after all else in the order of jsonb.
    const inColumn = any([scalar(column, type), all([`${column} > 'true'::jsonb`, whole])]);
    return any([missing, all([`${column} is not null`, inColumn])]);
  }

  /** False where the value is missing. */
  #whole({ value, type, itemType }: Field, { scalar, items }: Asked, certainty: Certainty): string {
    const alone = scalar(value, type);
    const isScalar = alone === 'false' ? alone : `coalesce(${alone}, false)`;
    // Those in lists in lists count as well, and are for the client to find.
    const isNested = certainty === 'may' ? "jsonb_typeof(item.value) = 'array'" : 'false';
    const conditions = items.map((is) => any([is('item.value', itemType), isNested]));
    if (conditions.includes('false')) return isScalar;
    const list = `jsonb_array_elements(${value}) with ordinality as item (value, place)`;
    const found = all(conditions.map((where) => `exists (select from ${list} where ${where})`));
    // Only in a case, since the conditions that `and` joins are evaluated in any order.
    return `case when jsonb_typeof(${value}) = 'array' then ${found} else ${isScalar} end`;
  }
}

function existence({ value, column, unclear: isUnclear }: Field, certainty: Certainty): string {
  const isFound = `${column ?? value} is not null`;
  return certainty === 'may' ? any([isFound, isUnclear]) : isFound;
}

function unclear(certainty: Certainty): string {
  return certainty === 'may' ? 'true' : 'false';
}

function opposite(certainty: Certainty): Certainty {
  return certainty === 'may' ? 'must' : 'may';
}

/** Whether PostgreSQL takes a key for a place in a list. */
function isPlace(key: string): boolean {
  return /^\s*[+-]?\d+$/.test(key);
}

/** Whether values have such a field without its being said: of their class, or the characters of a string. */
function isInherited(key: string, isNested: boolean): boolean {
  if (key in Object.prototype) return true;
  return isNested && (/^\d+$/.test(key) || scalarPrototypes.some((prototype) => key in prototype));
}

const scalarPrototypes: readonly object[] = [
  String.prototype,
  Number.prototype,
  Boolean.prototype,
  BigInt.prototype,
  Date.prototype,
];
