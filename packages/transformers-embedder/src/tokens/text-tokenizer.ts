import { BitryoshkaError } from '@bitryoshka/core';
import { wordTokens } from './word-tokens.ts';

/** A tokenizer, cut off from the library that it is of. */
export interface TokenSource {
  /** Without special tokens, unless they are asked for. */
  idsOf(text: string, withSpecialTokens: boolean): readonly number[];
  /** Whether no token spans white space, as with BERT. */
  readonly splitsAtWhiteSpace: boolean;
  /** Whether a token stands for what the vocabulary has no words for. */
  readonly isUnknown: (id: number) => boolean;
}

/**
 * Texts to token ids, cut to a limit. Libraries drop the closing special token ([SEP]) of a text that they
 * cut, which models were never trained on; here the text is cut and the token stays.
 */
export class TextTokenizer {
  readonly #prefix: readonly number[];
  readonly #suffix: readonly number[];
  readonly #tokensOf: (text: string, limit: number) => readonly number[];
  readonly #textLimit: number;
  readonly #isUnknown: (id: number) => boolean;

  /**
   * @param maxTokens special tokens included
   * @throws BitryoshkaError `invalid-option` when `maxTokens` leaves no room for text,
   *   `model-failed` when the tokenizer adds special tokens in a way that cannot be followed.
   */
  constructor(source: TokenSource, maxTokens: number) {
    const { prefix, suffix } = specialTokens(source);
    this.#prefix = prefix;
    this.#suffix = suffix;
    this.#isUnknown = source.isUnknown;
    this.#textLimit = maxTokens - prefix.length - suffix.length;
    if (this.#textLimit < 1) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `maxTokens: got ${maxTokens}, expected at least ${maxTokens - this.#textLimit + 1}: the model adds ${maxTokens - this.#textLimit} special tokens.`,
        remedy: 'Raise maxTokens, or leave it out to use the limit of the model.',
      });
    }
    this.#tokensOf = source.splitsAtWhiteSpace
      ? wordTokens((word) => source.idsOf(word, false))
      : (text) => source.idsOf(text, false);
  }

  encode(text: string): number[] {
    const ids = this.#tokensOf(text, this.#textLimit);
    return [...this.#prefix, ...ids.slice(0, this.#textLimit), ...this.#suffix];
  }

  /** Tokens of the text itself among those that `encode` gave, and how many of them are unknown. */
  count(ids: readonly number[]): TokenCount {
    const special = this.#prefix.length + this.#suffix.length;
    return {
      tokens: ids.length - special,
      unknown: ids.reduce((sum, id) => sum + Number(this.#isUnknown(id)), 0),
    };
  }
}

export interface TokenCount {
  readonly tokens: number;
  readonly unknown: number;
}

/** What the tokenizer puts around a text, learned from one letter. */
function specialTokens(source: TokenSource) {
  const bare = source.idsOf('a', false);
  const full = source.idsOf('a', true);
  const start = full.findIndex((_, i) => bare.every((id, j) => full[i + j] === id));
  if (start < 0) {
    throw new BitryoshkaError({
      code: 'model-failed',
      message: `model: the tokens of "a" (${bare.join(' ')}) are not among those with special tokens (${full.join(' ')}).`,
      remedy: 'Use a model whose tokenizer only puts special tokens before and after a text.',
    });
  }
  return { prefix: full.slice(0, start), suffix: full.slice(start + bare.length) };
}
