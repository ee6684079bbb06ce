import { readFile } from 'node:fs/promises';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * @throws BitryoshkaError `file-not-found` when the file cannot be read
 */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'file-not-found',
      message: `${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Check the path and the permissions.',
      cause,
    });
  }
}

/**
 * @throws BitryoshkaError `file-not-found`, or `invalid-file` when it is not UTF-8
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${file}: got bytes that are not UTF-8.`,
      remedy: 'Convert the file to UTF-8.',
      cause,
    });
  }
}
