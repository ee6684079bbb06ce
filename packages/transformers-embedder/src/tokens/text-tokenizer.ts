import { BitryoshkaError } from '@bitryoshka/core';
import type { LibraryTokenizer } from '../models/language-model.ts';
import type { TokensOf } from './word-tokens.ts';
import { wordTokens } from './word-tokens.ts';

/**
 * Texts to token ids, cut to a limit. The library drops the closing special token ([SEP]) of a text
 * that it cuts, which the model was never trained on; here the text is cut and the token stays.
 */
export class TextTokenizer {
  readonly #prefix: readonly number[];
  readonly #suffix: readonly number[];
  readonly #tokensOf: TokensOf;
  readonly #textLimit: number;

  /**
   * @param maxTokens special tokens included
   * @throws BitryoshkaError `invalid-option` when `maxTokens` leaves no room for text,
   *   `model-failed` when the tokenizer adds special tokens in a way that cannot be followed.
   */
  constructor(tokenizer: LibraryTokenizer, maxTokens: number) {
    const { prefix, suffix } = specialTokens(tokenizer);
    this.#prefix = prefix;
    this.#suffix = suffix;
    this.#textLimit = maxTokens - prefix.length - suffix.length;
    if (this.#textLimit < 1) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `maxTokens: got ${maxTokens}, expected at least ${maxTokens - this.#textLimit + 1}: the model adds ${maxTokens - this.#textLimit} special tokens.`,
        remedy: 'Raise maxTokens, or leave it out to use the limit of the model.',
      });
    }
    this.#tokensOf =
      wordTokens(tokenizer) ??
      ((text) => tokenizer.encode(text, null, { add_special_tokens: false }));
  }

  encode(text: string): number[] {
    const ids = this.#tokensOf(text, this.#textLimit);
    return [...this.#prefix, ...ids.slice(0, this.#textLimit), ...this.#suffix];
  }
}

/** What the tokenizer puts around a text, learned from one letter. */
function specialTokens(tokenizer: LibraryTokenizer) {
  const bare = tokenizer.encode('a', null, { add_special_tokens: false });
  const full = tokenizer.encode('a', null, { add_special_tokens: true });
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
