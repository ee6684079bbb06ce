import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromPgText, toPgText } from './pg-text.ts';

/** Any strings of JavaScript, with much of what is kept with escapes. */
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u0001',
        '\ufeff',
        '\0',
        '\\',
        '\\u0000',
        '\\u005c',
        '\ud83d',
        '\ude00',
        '😀',
        'u',
        'a',
      ),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    ),
  )
  .map((parts) => parts.join(''));

it('gives every text back', () => {
  fc.assert(fc.property(texts, (text) => fromPgText(toPgText(text)) === text));
});

it('keeps different texts apart', () => {
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      expect(toPgText(one) === toPgText(other)).toBe(one === other);
      // What the one is kept as is a text of its own, and so on.
      expect(fromPgText(toPgText(toPgText(one)))).toBe(toPgText(one));
    }),
  );
});

it('makes text that PostgreSQL has room for', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const kept = toPgText(text);
      expect(kept).not.toContain('\0');
      expect(kept).not.toMatch(/\p{Cs}/u);
      expect(new TextDecoder().decode(new TextEncoder().encode(kept))).toBe(kept);
    }),
  );
});

it('leaves usual text as it is', () => {
  for (const text of ['', 'Grüße 😀 \\u0000', 'C:\\temp', 'a\u0001'])
    expect(toPgText(text)).toBe(text);
  expect(toPgText('a\0\\')).toBe('\u0001a\\u0000\\u005c');
  expect(toPgText('\u0001')).toBe('\u0001\u0001');
  expect(toPgText('\ufeffa\ufeff')).toBe('\u0001\ufeffa\ufeff');
  expect(toPgText('😀\ud83d')).toBe('\u0001😀\\ud83d');
});
