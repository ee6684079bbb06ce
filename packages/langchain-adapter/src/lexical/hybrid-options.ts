import { BitryoshkaError } from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import type { Language } from './languages.ts';
import type { LexicalIndex } from './lexical-index.ts';
import { MemoryLexicalIndex } from './memory-lexical-index.ts';
import type { Tokenize } from './tokenize.ts';
import { createTokenizer, tokenizerVersion } from './tokenize.ts';

/** How words count beside vectors. */
export interface HybridOptions {
  /** What the vectors count: 1 for vectors alone, 0 for words alone. Default: .5, both alike. */
  readonly alpha?: number | undefined;
  /** Whose stop words are left out, and whose endings are taken off. Default: `en`. */
  readonly language?: Language | undefined;
  /** The tokens of a text, of documents and of queries alike, instead of those of `language`. Is not saved. */
  readonly tokenize?: Tokenize | undefined;
  /** Fields of metadata, or paths to them with dots, that are searched besides the texts, such as `title`. */
  readonly fields?: readonly string[] | undefined;
}

/** What a file says of words that a function of the caller's has made. */
export const customTokenizer = 'custom';

/** What is kept of documents to find them by their words. */
export interface WordSearch<Index extends LexicalIndex = LexicalIndex> {
  readonly index: Index;
  readonly alpha: number;
  readonly tokenize: Tokenize;
  /** What makes the tokens, and of what; undefined for a function of the caller's, of which nothing is known. */
  readonly tokenizer: string | undefined;
  /** What is searched of a document. */
  readonly textOf: (document: DocumentInterface) => string;
}

/**
 * @returns undefined where only vectors are searched
 * @throws BitryoshkaError `invalid-option`
 */
export function createWordSearch(
  hybrid: boolean | HybridOptions | undefined,
): WordSearch<MemoryLexicalIndex> | undefined {
  if (hybrid === undefined || hybrid === false) return undefined;
  if (hybrid !== true && (typeof hybrid !== 'object' || hybrid === null)) {
    throw invalid('hybrid', hybrid, 'true, false or an object');
  }
  const options = hybrid === true ? {} : hybrid;
  const { alpha = 0.5, language = 'en', tokenize, fields = [] } = options;
  if (!(typeof alpha === 'number' && alpha >= 0 && alpha <= 1)) {
    throw invalid('hybrid.alpha', alpha, 'a number from 0 to 1');
  }
  if (tokenize !== undefined && typeof tokenize !== 'function') {
    throw invalid('hybrid.tokenize', tokenize, 'a function from a text to a list of tokens');
  }
  if (!Array.isArray(fields) || fields.some((path) => typeof path !== 'string' || path === '')) {
    throw invalid('hybrid.fields', fields, 'a list of names of fields of metadata');
  }
  const ofLanguage = createTokenizer(language);
  const used = tokenize ? checked(tokenize) : ofLanguage;
  return {
    index: new MemoryLexicalIndex(used),
    alpha,
    tokenize: used,
    tokenizer: tokenize ? undefined : JSON.stringify({ tokenizerVersion, language, fields }),
    textOf: ({ metadata, pageContent }) =>
      [...fields.flatMap((path) => textsAt(metadata, path)), pageContent].join('\n'),
  };
}

/**
 * What made the words of a file, by what it says of that.
 *
 * @param given for words that a function of the caller's has made
 * @returns undefined where that is not known
 */
export function wordSearchOf(
  tokenizer: string,
  given: WordSearch | undefined,
): WordSearch | undefined {
  if (tokenizer === customTokenizer) return given?.tokenizer === undefined ? given : undefined;
  try {
    const { language, fields }: HybridOptions = JSON.parse(tokenizer);
    const search = createWordSearch({ language, fields });
    // Another version has another name.
    return search?.tokenizer === tokenizer ? search : undefined;
  } catch {
    return undefined;
  }
}

function checked(tokenize: Tokenize): Tokenize {
  return (text) => {
    const tokens: unknown = tokenize(text);
    if (Array.isArray(tokens) && tokens.every((token) => typeof token === 'string')) return tokens;
    throw invalid('hybrid.tokenize', tokens, 'a function that returns a list of strings');
  };
}

/** The texts of a field: itself, or those in a list. */
function textsAt(metadata: unknown, path: string): string[] {
  let value = metadata;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
    value = (value as Record<string, unknown>)[key];
  }
  return (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${typeof got === 'function' ? 'a function' : JSON.stringify(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
