/** Room for names to the left of an axis, in pixels: at least what short ones take. */
export function nameMargin(names: readonly string[]): number {
  const longest = Math.max(...names.map((name) => name.length));
  return Math.max(84, 20 + 7 * longest);
}
