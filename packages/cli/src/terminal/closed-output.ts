/** Whether what goes on is only for who reads it, as answers to one question after another are. */
let isForReaders = false;
let isClosed = false;
let isHeeded = false;

/**
 * Who reads may stop, as `head` does. What was begun is brought to its end then, without a word; what would wait for
 * more ends.
 */
export function heedClosedOutput(): void {
  if (isHeeded) return;
  isHeeded = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
    if (isForReaders) process.exit(0);
  });
}

/** From now on, the command ends when nobody reads any more. */
export function endWithReaders(): void {
  isForReaders = true;
  if (isClosed) process.exit(0);
}
