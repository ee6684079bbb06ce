import { fsync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

const flushDescriptor = promisify(fsync);

/** `handle.sync()`, which Yarn's Plug'n'Play has not. */
export async function flush(handle: FileHandle): Promise<void> {
  await flushDescriptor(handle.fd);
}
