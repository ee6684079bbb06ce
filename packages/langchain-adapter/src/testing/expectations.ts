import { isSameValue } from '../documents/plain-value.ts';

/** A case that a store does not pass. Test runners show the difference between the two values. */
class UnmetExpectation extends Error {
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(what: string, actual: unknown, expected: unknown) {
    super(`${what}: got ${show(actual)}, expected ${show(expected)}.`);
    this.name = 'UnmetExpectation';
    this.actual = actual;
    this.expected = expected;
  }
}

/** Values are compared, not classes: what a store returns may be of another copy of LangChain, or another realm. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (!isSameValue(actual, expected)) throw new UnmetExpectation(what, actual, expected);
}

export function expectClose(what: string, actual: number, expected: number): void {
  if (Math.abs(actual - expected) < 1e-5) return;
  throw new UnmetExpectation(what, actual, expected);
}

/** @returns what was thrown, at once or later */
export async function expectFailure(what: string, action: () => unknown): Promise<unknown> {
  let result: unknown;
  try {
    result = await action();
  } catch (error) {
    return error;
  }
  throw new UnmetExpectation(what, result, 'an error');
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    const hasText = typeof item === 'number' || typeof item === 'bigint' || item === undefined;
    return hasText && !Number.isFinite(item) ? String(item) : item;
  });
}
