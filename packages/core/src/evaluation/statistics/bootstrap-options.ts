import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { checkCount } from '../../errors/check-count.ts';

export interface BootstrapOptions {
  /** How often the values are drawn again. Default: 2000. */
  readonly samples?: number;
  /** The chance with which the interval covers the true mean, between 0 and 1. Default: 0.95. */
  readonly confidence?: number;
  /** Same values, options and seed: same interval. Default: 0. */
  readonly seed?: number;
}

/**
 * The options with their defaults.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function bootstrapOptions(options: BootstrapOptions): Required<BootstrapOptions> {
  const { samples = 2000, confidence = 0.95, seed = 0 } = options;
  checkCount('samples', samples, 1);
  if (!(confidence > 0 && confidence < 1)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `confidence: got ${confidence}, expected a number between 0 and 1.`,
      remedy: 'Pass 0.95 for an interval of 95 %.',
    });
  }
  return { samples, confidence, seed };
}
