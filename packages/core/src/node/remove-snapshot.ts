import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { manifestName, readManifest } from './snapshot-manifest.ts';

/**
 * Removes what `writeSnapshot` wrote to a folder. The folder stays, and so does whatever else lies in it.
 *
 * @param expectedKind the kind it was written with
 * @throws BitryoshkaError `file-not-found` for a folder without a snapshot, `invalid-file` for another kind or a
 *   manifest that is not bitryoshka's, `unsupported-version`, or `write-failed`
 */
export async function removeSnapshot(directory: string, expectedKind: string): Promise<void> {
  const { kind, files } = await readManifest(directory);
  if (kind !== expectedKind) {
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${directory}: got a snapshot of kind "${kind}", expected "${expectedKind}".`,
      remedy: 'Check that this is the right folder.',
    });
  }
  // The manifest first: without it the others are leftovers, which the next save clears away.
  for (const path of [manifestName, ...Object.values(files).map((file) => file.path)]) {
    try {
      await rm(join(directory, path), { force: true });
    } catch (cause) {
      throw new BitryoshkaError({
        code: 'write-failed',
        message: `${join(directory, path)}: ${cause instanceof Error ? cause.message : String(cause)}.`,
        remedy: 'Check the permissions of the folder, and remove it by hand.',
        cause,
      });
    }
  }
}
