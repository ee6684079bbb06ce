import type { TaskOptions } from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { embedTexts } from '../documents/embed-texts.ts';
import { fileSystem } from '../platform.ts';
import { checkSameModel, fingerprintOf } from '../store/store-model.ts';
import { encodeDocumentLines } from './document-lines.ts';
import type { LostPart } from './salvage-store.ts';
import { salvageStore } from './salvage-store.ts';
import { saveStore } from './store-snapshot.ts';

export interface RecoverOptions extends TaskOptions {
  /** Embeds the documents that have lost their vectors. */
  readonly embeddings?: EmbeddingsInterface | undefined;
}

/** What was brought back, and what was not. */
export interface StoreRecovery {
  /** In the store that was saved. */
  readonly documents: number;
  /** How many of them were embedded again. */
  readonly embedded: number;
  /** Documents without vectors, in the file `documents-without-vectors.jsonl` beside the store. */
  readonly withoutVectors: number;
  /** How many of all may have changed: they are of the old format, and their file is damaged. */
  readonly unproven: number;
  /** Documents that are damaged or missing; at least so many where the manifest cannot say how many there were. */
  readonly lost: number;
  /** What is damaged of the file of documents. */
  readonly damaged: readonly LostPart[];
}

const leftFile = 'documents-without-vectors.jsonl';

/**
 * Brings back what is whole of a damaged store, as a new store in another folder: documents whose lines are whole,
 * vectors whose blocks have the right checksums. Where the manifest is damaged, the store gets the options of a new
 * one. Codes and graphs that are damaged are made again when it is loaded. The damaged folder stays as it is. Needs a
 * file system.
 *
 * @param to a folder without a store
 * @throws BitryoshkaError `file-not-found`, `invalid-option` when there is a store already, `invalid-file` when no
 *   document is left, `model-mismatch` for embeddings of another model than that of the vectors that are left, and as
 *   `BinaryVectorStore.save`
 */
export async function recoverStore(
  directory: string,
  to: string,
  { embeddings, ...task }: RecoverOptions = {},
): Promise<StoreRecovery> {
  const node = await fileSystem();
  const state = await node.verifySnapshot(directory, task);
  await refuseStore(to);
  const salvaged = await salvageStore(node, directory, state, task);
  const { documents, options, lost, damaged, unproven } = salvaged;
  let { index, withoutVectors, model } = salvaged;
  let embedded = 0;
  if (embeddings && withoutVectors.length > 0) {
    const fingerprint = await fingerprintOf(embeddings);
    if (documents.count > 0) checkSameModel(model, fingerprint);
    else model = fingerprint;
    const texts = withoutVectors.map(({ document }) => document.pageContent);
    const vectors = await embedTexts(embeddings, texts, task);
    if (!index) {
      const { index: kind, targetRecall, storage } = options;
      const dimensions = vectors[0]?.length ?? 0;
      index = new AutoIndex({ dimensions, index: kind, targetRecall, storage });
      index.close();
    }
    documents.append(withoutVectors, await index.addAsync(vectors, task));
    embedded = withoutVectors.length;
    withoutVectors = [];
  }
  if (documents.count + withoutVectors.length === 0) throw nothingLeft(directory);
  await saveStore(to, { index, documents, model, options }, task);
  if (withoutVectors.length > 0) {
    await node.replaceFile(
      `${to}/${leftFile}`,
      encodeDocumentLines(withoutVectors, node.nativeCrc32),
    );
  }
  return {
    documents: documents.count,
    embedded,
    withoutVectors: withoutVectors.length,
    unproven,
    lost,
    damaged,
  };

  async function refuseStore(folder: string): Promise<void> {
    const found = await node.verifySnapshot(folder, task).catch(() => undefined);
    task.signal?.throwIfAborted();
    if (!found || found.files.every((file) => file.state === 'missing')) return;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `${folder}: got a folder with a store, expected one without.`,
      remedy: 'Name a new folder.',
    });
  }
}

function nothingLeft(directory: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${directory}: got no document that is whole.`,
    remedy: 'Add the documents again.',
  });
}
