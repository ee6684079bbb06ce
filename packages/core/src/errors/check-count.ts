import { BitryoshkaError } from './bitryoshka-error.ts';

/**
 * @throws BitryoshkaError `invalid-option` unless `value` is a whole number, `minimum` or more
 */
export function checkCount(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${value}, expected a whole number from ${minimum} up.`,
    remedy: `Correct ${name}.`,
  });
}
