import { BitryoshkaError } from '@bitryoshka/core';

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const openers = new Set([0x5b, 0x7b]);
const closers = new Set([0x5d, 0x7d]);

/**
 * Reads the items of long JSON lists one by one: a list of all documents of a store is too much to be parsed without
 * blocking, or to be one string.
 */
export class JsonScanner {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #position = 0;

  /** @param name how errors name the text */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  /**
   * Steps over a character and the space before it.
   *
   * @throws BitryoshkaError `invalid-file`
   */
  expect(character: string): void {
    this.#skipSpace();
    if (this.#bytes[this.#position] !== character.charCodeAt(0)) throw this.#damaged(character);
    this.#position++;
  }

  /**
   * The items of a list, or the members of an object as objects of one member.
   *
   * @throws BitryoshkaError `invalid-file`
   */
  *items(kind: 'list' | 'object'): Generator<unknown, void> {
    const [open, close] = kind === 'list' ? '[]' : '{}';
    this.expect(open as string);
    this.#skipSpace();
    if (this.#bytes[this.#position] === (close as string).charCodeAt(0)) {
      this.#position++;
      return;
    }
    for (;;) {
      const start = this.#position;
      this.#skipValue();
      const text = this.#text(start, this.#position);
      yield this.#parse(kind === 'list' ? text : `{${text}}`);
      if (this.#bytes[this.#position] !== comma) break;
      this.#position++;
    }
    this.expect(close as string);
  }

  /** To the comma or the bracket behind a value. */
  #skipValue(): void {
    const bytes = this.#bytes;
    for (let depth = 0; this.#position < bytes.length; this.#position++) {
      const byte = bytes[this.#position] as number;
      if (byte === quote) this.#skipString();
      else if (openers.has(byte)) depth++;
      else if (depth === 0 && (byte === comma || closers.has(byte))) return;
      else if (closers.has(byte)) depth--;
    }
    throw this.#damaged('more');
  }

  /** To the closing quote. */
  #skipString(): void {
    for (let at = this.#position; ; ) {
      at = this.#bytes.indexOf(quote, at + 1);
      if (at < 0) throw this.#damaged('the end of a string');
      let escapes = 0;
      while (this.#bytes[at - 1 - escapes] === backslash) escapes++;
      if (escapes % 2 === 1) continue;
      this.#position = at;
      return;
    }
  }

  #skipSpace(): void {
    const isSpace = (byte: number | undefined) => byte !== undefined && byte <= 0x20;
    while (isSpace(this.#bytes[this.#position])) this.#position++;
  }

  #text(start: number, end: number): string {
    try {
      return this.#decoder.decode(this.#bytes.subarray(start, end));
    } catch (cause) {
      throw this.#damaged('UTF-8', cause);
    }
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw this.#damaged('JSON', cause);
    }
  }

  #damaged(expected: string, cause?: unknown): BitryoshkaError {
    return new BitryoshkaError({
      code: 'invalid-file',
      message: `${this.#name}: got something else at byte ${this.#position}, expected ${expected}.`,
      remedy: 'Check that the store can still be loaded, and save it again.',
      cause,
    });
  }
}
