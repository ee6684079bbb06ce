/** Of the levels of any header of ours: far below where functions that call themselves fail. */
const usualDepth = 100;

/**
 * `JSON.parse`, but for values that are nested too deep for what is to be done with them.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string, mostDepth: number = usualDepth): unknown {
  const value: unknown = JSON.parse(text);
  // Only what is as long can be as deep.
  if (text.length >= 2 * mostDepth && isDeeper(value, mostDepth)) {
    throw new SyntaxError(`It is nested more than ${mostDepth} levels deep.`);
  }
  return value;
}

/** Level by level: what calls itself is what deep values make fail. */
function isDeeper(value: unknown, most: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0 && depth <= most; depth++) {
    level = level.flatMap((item) => {
      return typeof item === 'object' && item !== null ? (Object.values(item) as unknown[]) : [];
    });
  }
  return level.length > 0;
}
