import type { QuantizerKind } from '@bitryoshka/core';
import { tune } from '@bitryoshka/core';
import type { Contender } from '@bitryoshka/core/evaluation';

/** A kind of quantizer, or whichever the tuner takes. */
export type QuantizerChoice = QuantizerKind | 'tuned';

/** The tuner sees the documents, and queries that are not among those that are asked. */
const tuned: Contender = {
  name: 'tuned',
  fit: async (documents, options) => (await tune(documents, options)).quantizer,
};

/** The choices as `evaluate` takes them. */
export function withTunedContender(
  choices: readonly QuantizerChoice[],
): (QuantizerKind | Contender)[] {
  return choices.map((choice) => (choice === 'tuned' ? tuned : choice));
}
