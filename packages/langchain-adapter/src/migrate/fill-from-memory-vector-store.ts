import { BitryoshkaError } from '@bitryoshka/core';
import type { MigrateOptions, ReceivingStore, SourceRow } from './take-over.ts';
import { takeOver } from './take-over.ts';

/** What is read of a `MemoryVectorStore`. */
export interface MemoryVectors {
  readonly memoryVectors: readonly {
    readonly content: string;
    readonly embedding: readonly number[];
    readonly metadata: Record<string, unknown>;
    readonly id?: string | undefined;
  }[];
}

/**
 * Adds what a `MemoryVectorStore` of LangChain holds, with its vectors: nothing is embedded again. All of it is added,
 * or nothing.
 *
 * @returns the ids, those that were made up included
 * @throws BitryoshkaError `invalid-option` for another store or entries that are no documents, `duplicate-id`,
 *   `dimension-mismatch` or `not-finite`
 */
export async function fillFromMemoryVectorStore(
  store: ReceivingStore,
  memory: MemoryVectors,
  options: MigrateOptions = {},
): Promise<string[]> {
  const entries = memory?.memoryVectors;
  if (!Array.isArray(entries)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: 'memory: got no memoryVectors, expected a MemoryVectorStore.',
      remedy: 'Pass the MemoryVectorStore that holds the documents.',
    });
  }
  const rows = entries.map(
    ({ content, embedding, metadata, id }): SourceRow => ({
      id,
      vector: embedding,
      pageContent: content,
      metadata,
    }),
  );
  const source = { name: 'memoryVectors', misfit: 'invalid-option', total: rows.length } as const;
  return takeOver(store, { ...source, rows }, options);
}
