import { open } from 'node:fs/promises';

const header = 'SQLite format 3\0';

/** Whether a file begins as those of SQLite do. */
export async function isSqliteFile(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.toString('latin1', 0, bytesRead) === header;
  } finally {
    await file.close();
  }
}
