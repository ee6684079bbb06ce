import { BitryoshkaError } from '@bitryoshka/core';

/** The part of `@bitryoshka/core/node` that stores use: files and threads. */
export type NodePlatform = Pick<
  typeof import('@bitryoshka/core/node'),
  | 'readSnapshot'
  | 'writeSnapshot'
  | 'verifySnapshot'
  | 'readBytes'
  | 'readPieces'
  | 'withFileSource'
  | 'nativeCrc32'
  | 'replaceFile'
  | 'removeSnapshot'
  | 'fitQuantizerInThread'
  | 'tuneInThread'
  | 'linkInThread'
>;

/** What tells one save of a folder from others. */
export type SavedGeneration = import('@bitryoshka/core/node').SavedGeneration;
/** A store as it is read, and a file of it. */
export type Snapshot = import('@bitryoshka/core/node').Snapshot;
export type SnapshotFile = import('@bitryoshka/core/node').SnapshotFile;
/** What became of one file of a saved store. */
export type SnapshotFileState = import('@bitryoshka/core/node').SnapshotFileState;
/** What is known of a folder that cannot be loaded, perhaps. */
export type SnapshotState = import('@bitryoshka/core/node').SnapshotState;

/** Whether there are files and threads, as far as can be said at once. */
export const isNode: boolean =
  typeof process === 'object' && typeof process.versions?.node === 'string';

/**
 * Loaded when it is needed, so that stores work where there are neither. Bundles for browsers have an empty
 * module in its place (`browser` in package.json).
 *
 * @returns undefined in a browser
 */
export async function loadNodePlatform(): Promise<NodePlatform | undefined> {
  const node: unknown = await import('@bitryoshka/core/node');
  const { readSnapshot, writeSnapshot } = node as Partial<NodePlatform>;
  return readSnapshot && writeSnapshot ? (node as NodePlatform) : undefined;
}

/**
 * @throws BitryoshkaError `not-supported` where there is no file system
 */
export async function fileSystem(): Promise<NodePlatform> {
  const node = await loadNodePlatform();
  if (node) return node;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: 'got no file system, expected Node.',
    remedy: 'Save and load stores in Node; in a browser, add the documents each time.',
  });
}
