import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { copyingOf as copyingOfLocal } from '../store/binary-vector-store.ts';
import type { CopiedStore } from '../store/copied-store.ts';
import { checkSameModel, fingerprintOf } from '../store/store-model.ts';
import type { PgBinaryVectorStore } from './pg-vector-store.ts';
import { copyingOf as copyingOfCollection } from './pg-vector-store.ts';

/** In memory, in a SQLite file or in PostgreSQL. */
export type CopyableStore = BinaryVectorStore | PgBinaryVectorStore;

export interface StoreCopy {
  /** Documents that were added. */
  readonly added: number;
  /** Documents whose ids were there before, from a copy that was interrupted, perhaps: they were left as they are. */
  readonly present: number;
}

/** Added together: each time, all or none. */
const rowsPerBatch = 250;

/**
 * Copies all documents of a store into another: a local one up into PostgreSQL, or back. Nothing is embedded. Ids,
 * those that were made up included, texts, metadata, order, vectors, the model's fingerprint and the quantizer are the
 * same then, hence codes and answers, except that `halfvec` collections round vectors to half precision. Options of
 * the stores, such as `fields`, stay what they are.
 *
 * A copy that was aborted, failed or was killed is taken up by the next call: documents whose ids are in the other
 * store are not copied again, nor compared. What is there and not in the first store stays.
 *
 * @param from is read page by page; what is added to it meanwhile may be missing
 * @param to an empty store, or what an earlier call has left
 * @throws BitryoshkaError `model-mismatch` where `to` is of another model, `dimension-mismatch`, `not-supported` for
 *   stores whose similarity is not cosine, `write-conflict` where `from` is embedded anew meanwhile,
 *   `database-failed`, `write-failed`
 */
export async function copyStore(
  from: CopyableStore,
  to: CopyableStore,
  task: TaskOptions = {},
): Promise<StoreCopy> {
  const source = copiedStore(from, 'from');
  const target = copiedStore(to, 'to');
  const { signal } = task;
  signal?.throwIfAborted();
  const { count: total, model, quantizer } = await source.state();
  const before = await target.state();
  if (before.count > 0) checkModels(model, before.model);
  checkSameModel(model, await fingerprintOf(target.embeddings));
  if (quantizer) await target.prepare(quantizer);
  let added = 0;
  let present = 0;
  for await (const keys of source.keys()) {
    const known = await target.known(keys.map(({ id }) => id));
    const missing = keys.filter(({ id }) => !known.has(id));
    present += keys.length - missing.length;
    for (let start = 0; start < missing.length; start += rowsPerBatch) {
      const done = added + present;
      await checkpoint(task, { stage: 'copy', done, total: Math.max(done, total) });
      const some = missing.slice(start, start + rowsPerBatch);
      const rows = some.map(({ row }) => row);
      const documents = await source.read(rows, { signal });
      if (documents.entries.length > 0) await target.add(documents, model, { signal });
      added += documents.entries.length;
    }
  }
  const done = added + present;
  await checkpoint(task, { stage: 'copy', done, total: Math.max(done, total) });
  if (quantizer) await target.encode(quantizer, task);
  return { added, present };
}

/** Where either is not known, nothing is refused. */
function checkModels(from: string | undefined, to: string | undefined): void {
  if (from === undefined || to === undefined || from === to) return;
  throw new BitryoshkaError({
    code: 'model-mismatch',
    message: `from: got vectors of the model "${from}", expected those of "${to}", as the other store has.`,
    remedy: 'Copy into an empty store.',
  });
}

function copiedStore(store: CopyableStore, name: string): CopiedStore {
  const isObject = typeof store === 'object' && store !== null;
  const copied = isObject ? (copyingOfLocal(store) ?? copyingOfCollection(store)) : undefined;
  if (copied) return copied;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${isObject ? `an instance of ${store.constructor?.name}` : typeof store}, expected a BinaryVectorStore or a PgBinaryVectorStore.`,
    remedy:
      'Pass stores of this package; of its ESM and its CommonJS half, the half that copyStore is of.',
  });
}
