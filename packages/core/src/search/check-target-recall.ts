import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * @throws BitryoshkaError `invalid-option` for what is no share of neighbours that can be found
 */
export function checkTargetRecall(targetRecall: number): void {
  if (targetRecall > 0 && targetRecall <= 1) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `targetRecall: got ${targetRecall}, expected a number above 0, up to 1.`,
    remedy: 'Correct targetRecall.',
  });
}
