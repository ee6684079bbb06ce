import { createInterface } from 'node:readline';
import { BitryoshkaError } from '@bitryoshka/core';
import { endWithReaders } from '../terminal/closed-output.ts';
import { complain } from '../terminal/print.ts';

/**
 * Answers one question after another, as they are typed: until an empty line or Ctrl-D. What is piped in is a question
 * a line.
 */
export async function askMany(
  answer: (question: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  endWithReaders();
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    // What is printed may go to a file.
    ...(isTerminal && { output: process.stderr }),
    terminal: isTerminal,
    prompt: '? ',
    historySize: 1000,
    removeHistoryDuplicates: true,
  });
  // A terminal that is read by lines has no signal of its own.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const close = (): void => lines.close();
  signal.addEventListener('abort', close);
  const prompt = (): void => {
    if (isTerminal) lines.prompt();
  };
  try {
    prompt();
    for await (const line of lines) {
      const question = line.trim();
      if (question === '' && isTerminal) break;
      if (question !== '') await answer(question).catch(tell);
      signal.throwIfAborted();
      prompt();
    }
  } finally {
    signal.removeEventListener('abort', close);
    lines.close();
  }
}

/** The next question may be a better one. */
function tell(error: unknown): void {
  if (!BitryoshkaError.isInstance(error)) throw error;
  complain(`bitryoshka: ${error.message}`);
}
