import type { Quantizer, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, toMatrix } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { copyDocument } from '../documents/document-batch.ts';
import type { CopiedDocuments, CopiedKey, CopiedState, CopiedStore } from './copied-store.ts';
import { isSameQuantizer, replacedVectors } from './copied-store.ts';
import type { StoreChanges } from './store-changes.ts';
import type { StoreContents } from './store-contents.ts';
import type { StoreFits } from './store-fits.ts';
import type { StoreModel } from './store-model.ts';
import type { StoreTasks } from './store-tasks.ts';

/** What is copied. */
interface StoreParts {
  readonly contents: StoreContents;
  readonly tasks: StoreTasks;
  readonly fits: StoreFits;
  readonly model: StoreModel;
  readonly changes: StoreChanges;
}

const rowsPerPage = 500;
const rowsPerTurn = 32;

/** A store in memory or in a file, as copies are made of it and into it. */
export class StoreCopying implements CopiedStore {
  readonly #store: StoreParts;
  readonly #replacements: number;
  #model: string | undefined;

  /** @throws BitryoshkaError `not-supported` for a store that compares by more than directions */
  constructor(store: StoreParts) {
    this.#store = store;
    this.#replacements = store.model.replacements;
    if (!store.contents.keepsVectors) return;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: 'similarity: got a store with one of its own, expected cosine.',
      remedy: 'Copy stores whose scores are cosines, or add the documents anew.',
    });
  }

  get embeddings(): EmbeddingsInterface {
    return this.#store.model.embeddings;
  }

  async state(): Promise<CopiedState> {
    const { contents, tasks } = this.#store;
    await tasks.changesMade();
    if (contents.isStale) await contents.refresh();
    const { documents, model, index } = contents;
    this.#model = model;
    return { count: documents.count, model, quantizer: index?.quantizer };
  }

  async *keys(): AsyncGenerator<CopiedKey[]> {
    const { contents } = this.#store;
    const rows = contents.documents.occupied();
    for (let start = 0; start < rows.length; start += rowsPerPage) {
      const keys: CopiedKey[] = [];
      for (const [done, row] of rows.slice(start, start + rowsPerPage).entries()) {
        if (done % rowsPerTurn === 0) {
          await checkpoint({}, { stage: 'read', done: start + done, total: rows.length });
        }
        if (contents.isStale) await contents.refresh();
        const entry = contents.documents.at(row);
        if (entry) keys.push({ row: `${row}`, id: entry.id });
      }
      yield keys;
    }
  }

  async read(rows: readonly string[], task: Pick<TaskOptions, 'signal'>): Promise<CopiedDocuments> {
    const { contents, model } = this.#store;
    const entries: DocumentEntry[] = [];
    const vectors: Float32Array[] = [];
    for (const [done, row] of rows.map(Number).entries()) {
      if (done % rowsPerTurn === 0) {
        await checkpoint(task, { stage: 'read', done, total: rows.length });
      }
      await contents.atOnce(() => {
        const { documents, index } = contents;
        const entry = documents.at(row);
        if (!entry || !index?.has(row)) return;
        entries.push({ id: entry.id, document: copyDocument(entry.document) });
        vectors.push(index.vector(row));
      });
    }
    // Here, or by the process that writes to the file.
    const isOther = this.#model !== undefined && this.#model !== contents.model;
    if (isOther || model.replacements !== this.#replacements) throw replacedVectors();
    return { entries, vectors: toMatrix(vectors) };
  }

  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { contents } = this.#store;
    const found = new Set<string>();
    for (const [done, id] of ids.entries()) {
      if (done % rowsPerTurn === 0) {
        await checkpoint({}, { stage: 'read', done, total: ids.length });
      }
      if (contents.documents.get(id)) found.add(id);
    }
    return found;
  }

  async prepare(quantizer: Quantizer): Promise<void> {
    const { contents, tasks, fits } = this.#store;
    await tasks.change(() => {
      if (contents.index || !fits.makesCodes) return;
      fits.begin(quantizer);
    });
  }

  async add(
    { entries, vectors }: CopiedDocuments,
    model: string | undefined,
    { signal }: Pick<TaskOptions, 'signal'>,
  ): Promise<void> {
    await this.#store.changes.addEntries(vectors, entries, model, { signal });
  }

  async encode(quantizer: Quantizer, task: TaskOptions): Promise<void> {
    const { contents, tasks, fits } = this.#store;
    const { index } = contents;
    if (!index || !fits.makesCodes) return;
    if (!isSameQuantizer(index.quantizer, quantizer)) await fits.fit({ ...task, quantizer });
    // Now, rather than in the background: what was copied is in the file.
    else await tasks.change(() => contents.durable?.index.persist(index, task), task.signal);
    fits.saveOptions();
  }
}
