import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * What becomes of the lengths of decoded codes: a byte for each is kept beside the codes, or they are
 * computed from the codes that a search scores.
 */
export type NormStorage = 'stored' | 'computed';

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function checkNormStorage(norms: NormStorage): void {
  if (norms === 'stored' || norms === 'computed') return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `norms: got ${JSON.stringify(norms)}, expected stored or computed.`,
    remedy: 'Correct norms, or leave it out.',
  });
}
