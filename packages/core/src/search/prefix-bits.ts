import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from './check-count.ts';

/**
 * Bits that can be a prefix: whole bytes of a code, all of it at most.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkPrefixBits(prefixBits: number, bits: number): void {
  checkCount('prefixBits', prefixBits, 0);
  if (prefixBits % 8 === 0 && prefixBits <= bits) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `prefixBits: got ${prefixBits}, expected a multiple of 8 up to the ${bits} bits of a code.`,
    remedy: 'Correct prefixBits, or leave it out.',
  });
}
