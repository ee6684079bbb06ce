import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';

/**
 * @throws BitryoshkaError `empty-input` for fewer than `minimum` values, or `not-finite`
 */
export function checkValues(name: string, values: ArrayLike<number>, minimum: number): void {
  if (values.length < minimum) {
    throw new BitryoshkaError({
      code: 'empty-input',
      message: `${name}: got ${values.length} values, expected at least ${minimum}.`,
      remedy: 'Measure more of them.',
    });
  }
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new BitryoshkaError({
      code: 'not-finite',
      message: `${name}: got ${String(values[i])} at ${i}, expected a finite number.`,
      remedy: 'Leave out what could not be measured.',
    });
  }
}
