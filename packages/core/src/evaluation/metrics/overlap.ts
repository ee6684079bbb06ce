/** The share of `expected` that is among `found`; 1 when nothing is expected. */
export function overlap<T>(found: readonly T[], expected: readonly T[]): number {
  if (expected.length === 0) return 1;
  const set = new Set(found);
  return expected.filter((item) => set.has(item)).length / expected.length;
}
