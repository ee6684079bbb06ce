import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from './check-count.ts';

/**
 * Bits that can be a prefix: whole bytes of a code, and fewer than it has.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkPrefixBits(prefixBits: number, bits: number): void {
  checkCount('prefixBits', prefixBits, 0);
  if (prefixBits % 8 === 0 && (prefixBits === 0 || prefixBits < bits)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `prefixBits: got ${prefixBits}, expected a multiple of 8 below the ${bits} bits of a code.`,
    remedy: 'Correct prefixBits, or leave it out.',
  });
}
