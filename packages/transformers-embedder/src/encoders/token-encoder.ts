import type { Matrix } from '@bitryoshka/core';

/** What turns the token ids of texts into one vector per text. */
export interface TokenEncoder {
  /** @param texts token ids, special tokens included; at least one text, and one token each */
  encode(texts: readonly (readonly number[])[]): Promise<Matrix>;
}
