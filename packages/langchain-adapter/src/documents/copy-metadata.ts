import { BitryoshkaError } from '@bitryoshka/core';
import { isDate } from './plain-value.ts';

/** Deeper than this, reading back and comparing could run out of stack. */
const mostLevels = 500;
/** What has its contents elsewhere than in fields: JSON would take it for an empty object. */
const sealed: ReadonlySet<string> = new Set(
  [
    'ArrayBuffer',
    'Blob',
    'DOMException',
    'DataView',
    'Error',
    'File',
    'Promise',
    'RegExp',
    'SharedArrayBuffer',
    'Symbol',
    'WeakMap',
    'WeakRef',
    'WeakSet',
  ].map((name) => `[object ${name}]`),
);
const boxed: ReadonlySet<string> = new Set(
  ['BigInt', 'Boolean', 'Number', 'String'].map((name) => `[object ${name}]`),
);

/**
 * Metadata as a store keeps and returns them, a copy: what JSON makes of them, and dates, undefined, bigints, -0
 * and numbers that are not finite as they are. What has a `toJSON` is what that returns; other instances of classes
 * are their own enumerable fields.
 *
 * @param position of the document among those that are added, for errors
 * @param name of what is copied, for errors
 * @throws BitryoshkaError `not-supported` for what JSON would lose: functions, symbols, cycles, maps, sets, typed
 *   arrays and the like; `invalid-option` for metadata that are no object. What a `toJSON` throws is passed on
 */
export function copyMetadata(
  metadata: unknown,
  position?: number,
  name = 'metadata',
): Record<string, unknown> {
  if (metadata === undefined || metadata === null) return {};
  const copier = new Copier(position, name);
  const copy = copier.copy(metadata);
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy) && !isDate(copy)) {
    return copy as Record<string, unknown>;
  }
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${copier.name}: got ${describe(metadata)}, expected an object.`,
    remedy: `Pass ${name} such as { source: "a.pdf" }, or none.`,
  });
}

/** Parts of a path that an error names. */
const mostNamed = 12;

class Copier {
  readonly #position: number | undefined;
  readonly #name: string;
  /** The keys on the way to the value that is copied, as far as `#level`. */
  readonly #path: (string | number)[] = [];
  #level = 0;
  /** Of objects that are met; undefined while they are being copied. */
  #copies: Map<object, unknown> | undefined;

  constructor(position: number | undefined, name: string) {
    this.#position = position;
    this.#name = name;
  }

  /** Of the value that is copied. */
  get name(): string {
    const document = this.#position === undefined ? [] : [`documents[${this.#position}]`];
    const path = this.#path.slice(0, this.#level);
    // Whatever is nested, what is said of it can be read.
    if (path.length > mostNamed) path.splice(mostNamed / 2, path.length - mostNamed, '…');
    return [...document, this.#name, ...path].join('.');
  }

  copy(value: unknown): unknown {
    switch (typeof value) {
      case 'function':
      case 'symbol':
        throw this.#refusal(describe(value));
      case 'object':
        return value === null ? null : this.#copyObject(value);
      default:
        return value;
    }
  }

  #copyObject(value: object): unknown {
    this.#copies ??= new Map();
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    if (this.#copies.has(value)) throw this.#refusal('an object that contains itself');
    if (this.#level > mostLevels) throw this.#refusal(`more than ${mostLevels} levels`);
    this.#copies.set(value, undefined);
    const copy = this.#copyUnknown(value);
    this.#copies.set(value, copy);
    return copy;
  }

  #copyUnknown(value: object): unknown {
    if (Array.isArray(value)) return this.#copyList(value);
    if (isOfLiteral(value)) {
      return 'toJSON' in value ? this.#copyOther(value) : this.#copyFields(value);
    }
    return isDate(value) ? new Date(value) : this.#copyOther(value);
  }

  #copyOther(value: object): unknown {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== 'function') return this.#copyInstance(value);
    const key = this.#level === 0 ? '' : `${this.#path[this.#level - 1]}`;
    const json: unknown = toJSON.call(value, key);
    // As in JSON, what is returned is not asked once more.
    const isFinal = isObject(json) && !Array.isArray(json) && !isDate(json);
    return isFinal ? this.#copyInstance(json) : this.copy(json);
  }

  #copyInstance(value: object): unknown {
    const tag = Object.prototype.toString.call(value);
    if (boxed.has(tag)) return value.valueOf();
    if (sealed.has(tag) || ArrayBuffer.isView(value) || Symbol.iterator in value) {
      throw this.#refusal(describe(value));
    }
    return this.#copyFields(value);
  }

  #copyList(list: readonly unknown[]): unknown[] {
    const copy: unknown[] = [];
    const level = this.#level++;
    for (let i = 0; i < list.length; i++) {
      this.#path[level] = i;
      copy.push(this.copy(list[i]));
    }
    this.#level = level;
    return copy;
  }

  #copyFields(value: object): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    const level = this.#level++;
    for (const key of Object.keys(value)) {
      this.#path[level] = key;
      const item = this.copy((value as Record<string, unknown>)[key]);
      if (key !== '__proto__') copy[key] = item;
      // Unlike an assignment, this treats it like any other key.
      else {
        Object.defineProperty(copy, key, {
          value: item,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
    }
    this.#level = level;
    return copy;
  }

  #refusal(got: string): BitryoshkaError {
    return new BitryoshkaError({
      code: 'not-supported',
      message: `${this.name}: got ${got}, expected what JSON can hold, dates, bigints or undefined.`,
      remedy:
        'Leave it out, or put plain values in its place: Array.from a set or a typed array, Object.fromEntries of a map.',
    });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Of this realm; others are told apart by what they can do. */
function isOfLiteral(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (!isObject(value)) return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== ''
    ? `an instance of ${name}`
    : 'an object of a class';
}
