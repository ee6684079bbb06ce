import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TokenSource } from './text-tokenizer.ts';
import { TextTokenizer } from './text-tokenizer.ts';
import { tokenLimit } from './token-limit.ts';
import { splitsAtWhiteSpace } from './word-tokens.ts';

const description = readFileSync(new URL('../../model/tokenizer.json', import.meta.url), 'utf8');
const library = new Tokenizer(JSON.parse(description), { tokenizer_class: 'BertTokenizer' });
const source: TokenSource = {
  idsOf: (text, withSpecialTokens) =>
    library.encode(text, { add_special_tokens: withSpecialTokens }).ids,
  splitsAtWhiteSpace: true,
  isUnknown: (id) => id === 100,
};

function libraryIds(text: string): readonly number[] {
  return source.idsOf(text, true);
}

test.each([
  '',
  ' ',
  'Hello,  World!\r\nIt\'s (really) "fine".',
  'naïve Café ﬁn ÅNGSTRÖM ΣΊΣΥΦΟΣ, straße İstanbul',
  'the 中文 mixed 漢字text 🎉 family 👨‍👩‍👧 emoji',
  'a\u000bb\u000cc\u0000d\u00a0e\u2028f\u200bg\ufffdh\u3000i',
  'before [SEP] within[MASK]word [CLS]',
  'e\u0301 \u0301x \ud800 lone',
  `${'x'.repeat(101)} ${'unbelievable'.repeat(8)} 3.14159 https://a.example/b?c=d&e=%20`,
])('word by word gives the token ids of the library: %j', (text) => {
  const tokenizer = new TextTokenizer(source, 8192);
  expect(tokenizer.encode(text)).toEqual(libraryIds(text));
  // The second time the words come from memory.
  expect(tokenizer.encode(text)).toEqual(libraryIds(text));
});

test('word by word gives the token ids of the library for any string', () => {
  const tokenizer = new TextTokenizer(source, 8192);
  const pieces = fc.constantFrom(' ', '\t', '\n', '\u000b', '\u00a0', 'Σ', '[SEP]', "'", 'é', '中');
  const unit = fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.string(), pieces);
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      expect(tokenizer.encode(text)).toEqual(libraryIds(text));
    }),
    { numRuns: 500, seed: 1 },
  );
});

test('a long text, which is read in pieces, has the token ids of the library', () => {
  const words = Array.from({ length: 9000 }, (_, i) => `${'word'.repeat(i % 4)}${i * i},`);
  const text = `${words.join(' ')} ${'x'.repeat(3000)} end`;
  expect(new TextTokenizer(source, 1e6).encode(text)).toEqual(libraryIds(text));
  expect(new TextTokenizer(source, 100).encode(text).slice(0, 99)).toEqual(
    libraryIds(text).slice(0, 99),
  );
});

test('a text over the limit is cut before its closing token, not after', () => {
  const whole = libraryIds('one two three four five');
  expect(new TextTokenizer(source, 5).encode('one two three four five')).toEqual([
    ...whole.slice(0, 4),
    whole.at(-1),
  ]);
  expect(new TextTokenizer(source, 7).encode('one two three four five')).toEqual(whole);
});

test('a tokenizer whose tokens may span white space is asked for the whole text', () => {
  const asked: string[] = [];
  const other: TokenSource = {
    ...source,
    splitsAtWhiteSpace: false,
    idsOf(text, withSpecialTokens) {
      asked.push(text);
      return source.idsOf(text, withSpecialTokens);
    },
  };
  expect(new TextTokenizer(other, 4).encode('one two three')).toEqual([101, 2028, 2048, 102]);
  expect(asked).toContain('one two three');
});

test.each([
  [{ normalizer: 'BertNormalizer', model: 'WordPiece', addedTokens: ['[CLS]', '[SEP]'] }, true],
  [{ normalizer: 'BertNormalizer', model: 'WordPiece', addedTokens: ['two words'] }, false],
  [{ normalizer: 'Sequence', model: 'WordPiece', addedTokens: [] }, false],
  [{ normalizer: 'BertNormalizer', model: 'BPE', addedTokens: [] }, false],
  [{ addedTokens: [] }, false],
])('%j splits at white space: %s', (parts, expected) => {
  expect(splitsAtWhiteSpace(parts)).toBe(expected);
});

test('unknown tokens are counted, special ones are not', () => {
  const tokenizer = new TextTokenizer(source, 100);
  expect(tokenizer.count(tokenizer.encode('one \u{20000} two'))).toEqual({ tokens: 3, unknown: 1 });
  const whole = new TextTokenizer({ ...source, isUnknown: () => false }, 100);
  expect(whole.count(whole.encode('one \u{20000}'))).toEqual({ tokens: 2, unknown: 0 });
});

test('a limit without room for text is refused', () => {
  expect(() => new TextTokenizer(source, 2)).toThrow(/got 2, expected at least 3/);
});

test('special tokens that do not surround the text are refused', () => {
  const odd: TokenSource = {
    ...source,
    idsOf: (_text, withSpecialTokens) => (withSpecialTokens ? [1, 2] : [7]),
  };
  expect(() => new TextTokenizer(odd, 10)).toThrow(/are not among those with special tokens/);
});

test.each<[number | undefined, number | undefined, number | undefined, number]>([
  [512, 256, undefined, 256],
  [512, 256, 300, 300],
  [8192, undefined, undefined, 8192],
  [undefined, 128, undefined, 128],
  [100, 256, undefined, 100],
  [undefined, undefined, undefined, 512],
])('limits: at most %s, trained for %s, wanted %s: %s', (longest, trained, wanted, expected) => {
  expect(tokenLimit({ longest, trained, wanted })).toBe(expected);
  expect(() => tokenLimit({ longest, trained, wanted: 1e30 })).toThrow(/expected at most/);
});
