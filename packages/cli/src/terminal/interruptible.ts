/** By signal, what a shell is told: 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a task that Ctrl-C ends in good order: its signal is aborted, and it keeps what it has done. Who presses again
 * does not want to wait.
 *
 * @returns whether it was ended so
 */
export async function interruptible(
  task: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const listener = (): void => {
      if (signal.aborted) process.exit(exitCodes[name]);
      process.exitCode = exitCodes[name];
      controller.abort(new DOMException(`Got ${name}.`, 'AbortError'));
    };
    process.on(name, listener);
    return { name, listener };
  });
  try {
    await task(signal);
  } catch (error) {
    // Some of Node throw one of their own with that as its cause.
    const isAbort = error === signal.reason || (error as Error | undefined)?.name === 'AbortError';
    if (!signal.aborted || !isAbort) throw error;
  } finally {
    for (const { name, listener } of listeners) process.off(name, listener);
  }
  return signal.aborted;
}
