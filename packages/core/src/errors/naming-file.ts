import { BitryoshkaError } from './bitryoshka-error.ts';

/**
 * What `read` gives; its errors say which file they are about.
 *
 * @throws what `read` throws
 */
export async function namingFile<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!BitryoshkaError.isInstance(cause) || cause.message.includes(path)) throw cause;
    const { code, remedy, message } = cause;
    throw new BitryoshkaError({
      code,
      message: `${path}: ${message.slice(0, -remedy.length).trim()}`,
      remedy,
      cause,
    });
  }
}
