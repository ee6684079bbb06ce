/** What a fixture prints last; libraries may have printed before it. */
export function lastJsonLine(output) {
  const line = output.split('\n').findLast((text) => text.startsWith('{') || text.startsWith('['));
  return line === undefined ? undefined : JSON.parse(line);
}
