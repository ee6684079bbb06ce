import { BitryoshkaError } from '@bitryoshka/core';

/** What an operation, or an option, should not have been. */
export function invalidOperation(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${describe(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
