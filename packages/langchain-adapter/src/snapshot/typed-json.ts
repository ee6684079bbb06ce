import { BitryoshkaError } from '@bitryoshka/core';
import { isDate, isPlainObject } from '../documents/plain-value.ts';

/** What JSON cannot hold, and how its text is turned back. */
const revive = {
  date: (text: string | null): Date => new Date(text ?? Number.NaN),
  bigint: (text: string | null): bigint => BigInt(text ?? ''),
  number: (text: string | null): number => Number(text),
  undefined: (): undefined => undefined,
} as const;

type ValueType = keyof typeof revive;

/** A value as JSON, with the places (as JSON pointers) where it was something that JSON lacks. */
export interface TypedJson {
  readonly json: unknown;
  readonly types: Readonly<Record<string, ValueType>>;
}

/** Deeper values could be written, but not copied by all who read them. */
export const mostDepth = 1000;
/** Of a path, in an error. */
const shownKeys = 20;

/**
 * Plain objects, arrays and primitive values as JSON; dates, undefined, bigints, -0 and numbers that
 * are not finite are kept as text with their type.
 *
 * @param name how an error names the value
 * @throws BitryoshkaError `not-supported` for functions, symbols, instances of classes, cycles and more than a thousand levels
 */
export function toTypedJson(value: unknown, name: string): TypedJson {
  const types: Record<string, ValueType> = {};
  const ancestors = new Set<unknown>();

  function convert(item: unknown, path: readonly string[]): unknown {
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return item;
    if (typeof item === 'number' && Number.isFinite(item) && !Object.is(item, -0)) return item;
    if (typeof item === 'number') return typed('number', Object.is(item, -0) ? '-0' : `${item}`);
    if (typeof item === 'bigint') return typed('bigint', `${item}`);
    if (item === undefined) return typed('undefined', null);
    if (isDate(item)) {
      return typed('date', Number.isNaN(item.getTime()) ? null : item.toISOString());
    }
    if (!Array.isArray(item) && !isPlainObject(item)) throw refusal(describe(item));
    if (ancestors.has(item)) throw refusal('an object that contains itself');
    if (path.length >= mostDepth) throw refusal(`more than ${mostDepth} levels`);
    ancestors.add(item);
    const converted = Array.isArray(item)
      ? Array.from(item, (child, i) => convert(child, [...path, `${i}`]))
      : Object.fromEntries(
          Object.entries(item).map(([key, child]) => [key, convert(child, [...path, key])]),
        );
    ancestors.delete(item);
    return converted;

    function typed(type: ValueType, text: string | null): string | null {
      types[toPointer(path)] = type;
      return text;
    }

    function refusal(got: string): BitryoshkaError {
      return new BitryoshkaError({
        code: 'not-supported',
        message: `${[name, ...path.slice(0, shownKeys)].join('.')}: got ${got}, expected plain objects, lists, strings, numbers, booleans, dates, bigints, null or undefined.`,
        remedy: 'Replace it by a value that can be saved.',
      });
    }
  }

  return { json: convert(value, []), types };
}

/**
 * Turns back what {@link toTypedJson} made; changes `json` in place.
 *
 * @throws Error when the types do not fit the JSON
 */
export function fromTypedJson({ json, types }: TypedJson): unknown {
  const root = { value: json };
  for (const [pointer, type] of Object.entries(types)) {
    const path = ['value', ...fromPointer(pointer)];
    const key = path.pop() as string;
    const parent = path.reduce<unknown>(own, root);
    const text = own(parent, key);
    if (!Object.hasOwn(revive, type)) throw new Error(`unknown type "${type}"`);
    if (text !== null && typeof text !== 'string') throw new Error(`no text at "${pointer}"`);
    Object.defineProperty(parent, key, { value: revive[type](text) });
  }
  return root.value;
}

/** Never what is inherited: a path may be named __proto__. */
function own(object: unknown, key: string): unknown {
  if (typeof object === 'object' && object !== null && Object.hasOwn(object, key)) {
    return (object as Record<string, unknown>)[key];
  }
  throw new Error(`no value at "${key}"`);
}

/** A path as a JSON pointer. */
export function toPointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function fromPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== ''
    ? `an instance of ${name}`
    : 'an object of a class';
}
