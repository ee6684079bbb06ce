/** The smallest multiple that is not less than a count. */
export function paddedTo(multiple: number, count: number): number {
  return Math.ceil(count / multiple) * multiple;
}
