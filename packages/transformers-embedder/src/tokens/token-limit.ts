import { BitryoshkaError } from '@bitryoshka/core';
import type { LanguageModel } from '../models/language-model.ts';
import { trainingLengths } from './training-lengths.ts';

/** The limit of BERT, for a model that names none. */
const usualLimit = 512;

/**
 * How many tokens of a text are read, special tokens included.
 *
 * @throws BitryoshkaError `invalid-option` when more are wanted than the model can read.
 */
export function tokenLimit({ name, tokenizer, config }: LanguageModel, wanted?: number): number {
  const limits = [tokenizer.model_max_length, config.max_position_embeddings].filter(
    (limit) => limit !== undefined && limit > 0,
  ) as number[];
  const limit = limits.length > 0 ? Math.min(...limits) : usualLimit;
  if (wanted === undefined) return Math.min(limit, trainingLengths[name] ?? limit);
  if (wanted <= limit) return wanted;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `maxTokens: got ${wanted}, expected at most ${limit}, the limit of the model.`,
    remedy: 'Lower maxTokens, and split long texts into chunks before they are embedded.',
  });
}
