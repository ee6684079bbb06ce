import { fsync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

const flushDescriptor = promisify(fsync);
/** What file systems say that keep the names of files by other means. */
const unsupported = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'];

/** `handle.sync()`, which Yarn's Plug'n'Play has not. */
export async function flush(handle: FileHandle): Promise<void> {
  await flushDescriptor(handle.fd);
}

/** Makes what was created, renamed and removed in a folder survive a power cut. */
export async function flushDirectory(directory: string): Promise<void> {
  // Windows opens no directories, and journals its renames.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await flush(handle);
  } catch (cause) {
    if (!unsupported.includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
  } finally {
    await handle.close();
  }
}
