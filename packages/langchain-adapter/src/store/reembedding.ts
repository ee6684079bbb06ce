import type { AutoIndex, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { unlessAborted } from '@bitryoshka/core/internal';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { Documents } from '../documents/documents.ts';
import { embedTexts } from '../documents/embed-texts.ts';
import { consecutive } from '../documents/row-pages.ts';

/** Documents that are embedded and written together. */
const rowsPerSlice = 512;

export interface ReembeddingOptions {
  readonly embeddings: EmbeddingsInterface;
  readonly createIndex: (dimensions: number) => AutoIndex;
  /**
   * Makes an addition to the index when no other change goes on.
   *
   * @param isLast whether this is within a change already
   */
  readonly write: (addition: () => Promise<void>, isLast: boolean) => Promise<void>;
  /** Is told which row is the first of those that are added next. */
  readonly onRun: (firstRow: number) => void;
  /** Whether vectors are needed as the embeddings gave them. */
  readonly keepsVectors: boolean;
}

/**
 * The documents of a store under another model: an index of its own, in which every document has the row that it has
 * in the store.
 */
export class Reembedding {
  /** Undefined before the first vector. */
  index: AutoIndex | undefined;
  /** By row, as they were given. */
  readonly vectors: Map<number, number[]> = new Map();
  /** Whether another can go on where this one was interrupted. */
  isIntact = true;
  readonly #options: ReembeddingOptions;
  /** Rows below are done, or gone. */
  #end = 0;
  #release: (() => void) | undefined;

  constructor(options: ReembeddingOptions) {
    this.#options = options;
  }

  /** Goes on where another was interrupted, which is not used any more. */
  takeOver(other: Reembedding): void {
    this.index = other.index;
    this.#end = other.#end;
    this.#release = other.#release;
    for (const [row, vector] of other.vectors) this.vectors.set(row, vector);
  }

  /**
   * Goes on where one of an earlier process was interrupted.
   *
   * @param takeUp gives the index the vectors that there are, and says below which row all are done
   */
  async resume(index: AutoIndex, takeUp: () => Promise<number>): Promise<void> {
    this.#release = index.hold();
    this.index = index;
    this.#end = await takeUp();
  }

  /** Embeds documents, slice by slice, until there are none that came meanwhile. */
  async embedAll(
    documents: () => Documents,
    { isLast = false, ...task }: TaskOptions & { readonly isLast?: boolean },
  ): Promise<void> {
    for (;;) {
      const rows = documents()
        .occupied()
        .filter((row) => row >= this.#end);
      if (rows.length === 0) return;
      for (let start = 0; start < rows.length; start += rowsPerSlice) {
        const slice = rows.slice(start, start + rowsPerSlice);
        await this.#embed(slice, documents(), { isLast, signal: task.signal });
        const done = this.index?.rows ?? 0;
        const total = done + rows.length - Math.min(rows.length, start + rowsPerSlice);
        task.onProgress?.({ stage: 'reembed', done, total });
      }
    }
  }

  /** Waits until the index finds documents as suits it: codes and a graph are made before it is searched. */
  async settled(signal: AbortSignal | undefined): Promise<void> {
    this.release();
    if (this.index) await unlessAborted(this.index.settled(), signal);
  }

  /** From now on, the index follows its rows. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** The index of a store without documents, which has a dimension nevertheless. */
  async probe(task: TaskOptions): Promise<AutoIndex> {
    return this.#indexFor(await this.#dimensions(task));
  }

  /** Whether the embeddings make vectors of so many values. */
  async fits(dimensions: number | undefined, task: TaskOptions): Promise<boolean> {
    return dimensions !== undefined && dimensions === (await this.#dimensions(task));
  }

  async #dimensions(task: TaskOptions): Promise<number> {
    const [vector] = await embedTexts(this.#options.embeddings, ['dimensions'], task);
    return (vector as number[]).length;
  }

  async #embed(
    rows: readonly number[],
    documents: Documents,
    { isLast, signal }: { readonly isLast: boolean; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    const { embeddings, write, onRun, keepsVectors } = this.#options;
    const texts = new Map<number, string>();
    for (const row of rows) {
      const entry = documents.at(row);
      if (entry) texts.set(row, entry.document.pageContent);
    }
    const vectors = await embedTexts(embeddings, [...texts.values()], { signal });
    const there = [...texts.keys()];
    await write(async () => {
      signal?.throwIfAborted();
      this.isIntact = false;
      for (const [start, end] of consecutive(there)) {
        const first = there[start] as number;
        const some = vectors.slice(start, end);
        const index = this.#indexFor((some[0] as number[]).length);
        index.skipTo(first);
        onRun(first);
        await index.addAsync(some, { signal });
        if (keepsVectors)
          for (const [i, vector] of some.entries()) this.vectors.set(first + i, vector);
      }
    }, isLast);
    this.isIntact = true;
    this.#end = (rows.at(-1) as number) + 1;
  }

  #indexFor(dimensions: number): AutoIndex {
    if (this.index) return this.index;
    if (dimensions === 0) {
      throw new BitryoshkaError({
        code: 'empty-input',
        message: 'reembed: got vectors of 0 dimensions, expected at least one.',
        remedy: 'Check what the embedding model returned.',
      });
    }
    const index = this.#options.createIndex(dimensions);
    // What is learned from documents is learned when all are there.
    this.#release = index.hold();
    this.index = index;
    return index;
  }
}
