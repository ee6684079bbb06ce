import { BitryoshkaError } from '@bitryoshka/core';

/** The limit of BERT, for a model that names none. */
const usualLimit = 512;

export interface TokenLimits {
  /** What the model can read at most. */
  readonly longest: number | undefined;
  /** What it was trained to read. */
  readonly trained: number | undefined;
  readonly wanted: number | undefined;
}

/**
 * How many tokens of a text are read, special tokens included.
 *
 * @throws BitryoshkaError `invalid-option` when more are wanted than the model can read.
 */
export function tokenLimit({ longest, trained, wanted }: TokenLimits): number {
  const limit = longest ?? trained ?? usualLimit;
  if (wanted === undefined) return Math.min(limit, trained ?? limit);
  if (wanted <= limit) return wanted;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `maxTokens: got ${wanted}, expected at most ${limit}, the limit of the model.`,
    remedy: 'Lower maxTokens, and split long texts into chunks before they are embedded.',
  });
}
