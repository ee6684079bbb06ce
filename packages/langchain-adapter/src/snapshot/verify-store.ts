import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { SnapshotFileState } from '../platform.ts';
import { fileSystem } from '../platform.ts';
import { salvageStore } from './salvage-store.ts';
import { loadStore } from './store-snapshot.ts';

/** How a saved store is. */
export interface StoreVerification {
  /** Whether it can be loaded as it was saved. */
  readonly isWhole: boolean;
  /** The manifest first. */
  readonly files: readonly SnapshotFileState[];
  /** What is wrong with the store although every file is as it was saved. */
  readonly problem: string | undefined;
  readonly recoverable: {
    readonly documents: number;
    /** How many of them have lost their vectors. */
    readonly withoutVectors: number;
    /** Documents that are damaged or missing; at least so many where the manifest cannot say how many there were. */
    readonly lost: number;
  };
}

/**
 * Reads every file of a saved store and says what is wrong with each, and what `recoverStore` would bring back. Changes
 * nothing. Needs a file system.
 *
 * @throws BitryoshkaError `file-not-found` when there is no such folder; the signal's reason
 */
export async function verifyStore(
  directory: string,
  task: TaskOptions = {},
): Promise<StoreVerification> {
  const node = await fileSystem();
  const state = await node.verifySnapshot(directory, task);
  const { files } = state;
  let problem: string | undefined;
  if (files.every((file) => file.state === 'whole' || file.state === 'unnamed')) {
    try {
      const { documents } = await loadStore(directory, task, () => (dimensions) => ({
        dimensions,
      }));
      const { count } = documents;
      const recoverable = { documents: count, withoutVectors: 0, lost: 0 };
      return { isWhole: true, files, problem, recoverable };
    } catch (error) {
      task.signal?.throwIfAborted();
      if (!BitryoshkaError.isInstance(error)) throw error;
      problem = error.message;
    }
  }
  const { documents, withoutVectors, lost } = await salvageStore(node, directory, state, task);
  return {
    isWhole: false,
    files,
    problem,
    recoverable: {
      documents: documents.count + withoutVectors.length,
      withoutVectors: withoutVectors.length,
      lost,
    },
  };
}
