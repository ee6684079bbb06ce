import type { Quantizer, TaskOptions } from '@bitryoshka/core';
import { toMatrix } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type {
  CopiedDocuments,
  CopiedKey,
  CopiedState,
  CopiedStore,
} from '../store/copied-store.ts';
import { isSameQuantizer, replacedVectors } from '../store/copied-store.ts';
import type { TaskQueue } from '../store/task-queue.ts';
import type { PgChanges } from './collection/pg-changes.ts';
import type { PgCollection } from './collection/pg-collection.ts';
import type { DocumentRow } from './collection/pg-documents.ts';
import { decodeDocument } from './collection/pg-documents.ts';
import { parseVector } from './collection/pg-values.ts';
import { fromPgText } from './database/pg-text.ts';
import type { PgFits } from './fits/pg-fits.ts';
import { refitTogether } from './fits/pg-refit.ts';

/** What is copied. */
interface PgParts {
  readonly embeddings: EmbeddingsInterface;
  readonly collection: PgCollection;
  readonly changes: PgChanges;
  readonly fits: PgFits;
  readonly queue: TaskQueue;
}

const rowsPerPage = 500;

/** A collection, as copies are made of it and into it. */
export class PgCopying implements CopiedStore {
  readonly #store: PgParts;
  #model: string | undefined;

  constructor(store: PgParts) {
    this.#store = store;
  }

  get embeddings(): EmbeddingsInterface {
    return this.#store.embeddings;
  }

  async state(): Promise<CopiedState> {
    const { collection, queue } = this.#store;
    await queue.run(() => undefined);
    const { dimensions, documents, model, active } = await collection.refresh();
    this.#model = model;
    const quantizer = active?.quantizer;
    if (dimensions === undefined) return { count: 0, model, quantizer };
    const { rows } = await collection.pool.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${documents} d`,
    );
    return { count: Number(rows[0]?.count), model, quantizer };
  }

  async *keys(): AsyncGenerator<CopiedKey[]> {
    const { collection } = this.#store;
    const { dimensions, documents } = await collection.state();
    if (dimensions === undefined) return;
    for (let last = '0'; ; ) {
      const { rows } = await collection.pool.query<{ row: unknown; id: string }>(
        `SELECT row, id FROM ${documents} d WHERE row > $1 ORDER BY row LIMIT ${rowsPerPage}`,
        [last],
      );
      yield rows.map(({ row, id }) => ({ row: String(row), id: fromPgText(id) }));
      if (rows.length < rowsPerPage) return;
      last = String(rows.at(-1)?.row);
    }
  }

  async read(
    rows: readonly string[],
    { signal }: Pick<TaskOptions, 'signal'>,
  ): Promise<CopiedDocuments> {
    const { collection } = this.#store;
    const { documents } = await collection.state();
    const found = await collection.pool.query<DocumentRow & { vector: string }>(
      `SELECT id, given, content, metadata, types, vector::text AS vector FROM ${documents} d
       WHERE row = ANY($1::bigint[]) ORDER BY row`,
      [rows],
    );
    signal?.throwIfAborted();
    const { model } = await collection.refresh();
    if (this.#model !== undefined && model !== this.#model) throw replacedVectors();
    return {
      entries: found.rows.map(decodeDocument),
      vectors: toMatrix(found.rows.map(({ vector }) => parseVector(vector))),
    };
  }

  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { collection } = this.#store;
    const { dimensions, documents, place } = await collection.state();
    if (dimensions === undefined) return new Set();
    const { rows } = await collection.pool.query<{ id: string }>(
      `SELECT id FROM ${documents} d WHERE ${place.hasKey('$1')}`,
      [ids.flatMap((id) => place.toKey(id) ?? [])],
    );
    const known = new Set(rows.map(({ id }) => id));
    return new Set(ids.filter((id) => known.has(place.toKey(id) ?? '')));
  }

  /** Codes are made when all documents are there, and measured then. */
  async prepare(): Promise<void> {}

  async add(
    { entries, vectors }: CopiedDocuments,
    model: string | undefined,
    { signal }: Pick<TaskOptions, 'signal'>,
  ): Promise<void> {
    const { changes, queue } = this.#store;
    const ids = entries.map(({ id }) => id);
    const texts = entries.map(({ document }) => document.pageContent);
    const batch = { ids, texts, entries, positions: entries.map((_, i) => i) };
    await queue.run(() => changes.add(vectors, batch, model, { signal }), signal);
  }

  async encode(quantizer: Quantizer, task: TaskOptions): Promise<void> {
    const { collection, fits, embeddings } = this.#store;
    const { active } = await collection.refresh();
    if (isSameQuantizer(active?.quantizer, quantizer)) return;
    await refitTogether([fits], embeddings, { ...task, quantizer });
  }
}
