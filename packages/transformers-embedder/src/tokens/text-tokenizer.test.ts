import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { bundledModel } from '../models/bundled-model.ts';
import type { LibraryTokenizer } from '../models/language-model.ts';
import { loadModel } from '../models/load-model.ts';
import { TextTokenizer } from './text-tokenizer.ts';
import { tokenLimit } from './token-limit.ts';
import { wordTokens } from './word-tokens.ts';

let library: LibraryTokenizer;

beforeAll(async () => {
  library = (await loadModel(bundledModel, { quantized: true })).tokenizer;
});

function libraryIds(text: string): readonly number[] {
  return library.encode(text, null, { add_special_tokens: true });
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
  const tokenizer = new TextTokenizer(library, 8192);
  expect(tokenizer.encode(text)).toEqual(libraryIds(text));
  // The second time the words come from memory.
  expect(tokenizer.encode(text)).toEqual(libraryIds(text));
});

test('word by word gives the token ids of the library for any string', () => {
  const tokenizer = new TextTokenizer(library, 8192);
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

test('a text over the limit is cut before its closing token, not after', () => {
  const whole = libraryIds('one two three four five');
  expect(new TextTokenizer(library, 5).encode('one two three four five')).toEqual([
    ...whole.slice(0, 4),
    whole.at(-1),
  ]);
  expect(new TextTokenizer(library, 7).encode('one two three four five')).toEqual(whole);
});

test('a tokenizer that is not known to split at white space is asked for the whole text', () => {
  const other = { ...library, model: { config: { type: 'BPE' }, vocab: [] } };
  expect(wordTokens(other)).toBeUndefined();
  const asked: string[] = [];
  other.encode = (text, pair, options) => {
    asked.push(text);
    return library.encode(text, pair, options);
  };
  expect(new TextTokenizer(other, 4).encode('one two three')).toEqual([101, 2028, 2048, 102]);
  expect(asked).toContain('one two three');
});

test('a limit without room for text is refused', () => {
  expect(() => new TextTokenizer(library, 2)).toThrow(/got 2, expected at least 3/);
});

test('special tokens that do not surround the text are refused', () => {
  const odd: LibraryTokenizer = {
    ...library,
    encode: (_text, _pair, options) => (options.add_special_tokens ? [1, 2] : [7]),
  };
  expect(() => new TextTokenizer(odd, 10)).toThrow(/are not among those with special tokens/);
});

test.each<[number | undefined, number | undefined, number | undefined, number]>([
  [512, 512, 256, 256],
  [512, 512, undefined, 512],
  [8192, undefined, undefined, 8192],
  [1e30, 514, undefined, 514],
  [undefined, undefined, undefined, 512],
])('limits: tokenizer %s, model %s, wanted %s: %s', (tokenizer, positions, wanted, expected) => {
  const model = {
    tokenizer: { ...library, model_max_length: tokenizer },
    config: { max_position_embeddings: positions },
  } as unknown as Parameters<typeof tokenLimit>[0];
  expect(tokenLimit(model, wanted)).toBe(expected);
  expect(() => tokenLimit(model, expected + 1e30)).toThrow(/expected at most/);
});

test('known models are cut where they were trained to, unless more is wanted', () => {
  const model = {
    name: 'all-MiniLM-L6-v2',
    tokenizer: { ...library, model_max_length: 512 },
    config: { max_position_embeddings: 512 },
  } as unknown as Parameters<typeof tokenLimit>[0];
  expect(tokenLimit(model)).toBe(256);
  expect(tokenLimit(model, 300)).toBe(300);
  expect(() => tokenLimit(model, 513)).toThrow(/expected at most 512/);
});
