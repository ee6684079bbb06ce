/** What a command runs is loaded when it runs: all of it takes half a second. */
export function loaded<Arguments extends unknown[]>(
  load: () => Promise<(...args: Arguments) => Promise<void>>,
): (...args: Arguments) => Promise<void> {
  return async (...args) => (await load())(...args);
}
