import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import { copyMetadata } from './copy-metadata.ts';
import { isSameValue } from './plain-value.ts';

/** Numbers count as strings. */
export type DocumentId = string | number;

/** A document and the id that the store knows it by. */
export interface DocumentEntry {
  readonly id: string;
  /** Carries the id only if it was given, not if the store has made it up. */
  readonly document: Document;
  /** As it was given, where documents are compared by more than its direction. */
  readonly vector?: number[];
}

/** So many are copied at once; more in turns of a few milliseconds. */
export const copiedAtOnce = 2000;

/** Documents to be added together: copies, so that the caller may go on to change the originals. */
export interface DocumentBatch {
  /** One per document, as the caller numbers them. */
  readonly ids: string[];
  /** The same. */
  readonly texts: string[];
  /** Without repetitions. */
  readonly entries: readonly DocumentEntry[];
  /** Which of the caller's documents the entries are. */
  readonly positions: readonly number[];
}

/**
 * @param documents must not change before the promise is settled where they are more than 2,000
 * @param ids by document; where absent, `document.id` counts, and where that is absent one is made up
 * @throws BitryoshkaError `invalid-option` for what is no document, when there is not one id per document or metadata are no object,
 *   `not-supported` for metadata that cannot be kept, `duplicate-id` when two different documents have one id
 */
export async function toDocumentBatch(
  documents: readonly DocumentInterface[],
  ids: readonly (DocumentId | undefined)[] | undefined,
  task: TaskOptions = {},
): Promise<DocumentBatch> {
  if (!Array.isArray(documents)) {
    throw notDocuments('documents', documents, 'a list of documents');
  }
  if (ids && ids.length !== documents.length) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `ids: got ${ids.length} ids, expected ${documents.length}: one per document.`,
      remedy: 'Pass as many ids as documents, or none.',
    });
  }
  const total = documents.length;
  const entries: DocumentEntry[] = [];
  const positionById = new Map<string, number>();
  for (const [i, given] of documents.entries()) {
    if (i >= copiedAtOnce && i % 100 === 0) {
      await checkpoint(task, { stage: 'copy', done: i, total });
    }
    if (typeof given !== 'object' || given === null) {
      throw notDocuments(`documents[${i}]`, given, 'a document');
    }
    const entry = toEntry(given, ids?.[i] ?? given.id, i);
    entries.push(entry);
    const { id, document } = entry;
    const earlier = entries[positionById.get(id) ?? -1]?.document;
    if (earlier && !isSameDocument(document, earlier)) {
      throw new BitryoshkaError({
        code: 'duplicate-id',
        message: `documents: got two different documents with the id "${id}", expected one.`,
        remedy: 'Give each document an id of its own, or add them one after the other to replace.',
      });
    }
    positionById.set(id, i);
  }
  const positions =
    positionById.size === total
      ? entries.map((_, i) => i)
      : [...positionById.values()].sort((a, b) => a - b);
  return {
    ids: entries.map(({ id }) => id),
    texts: entries.map(({ document }) => document.pageContent),
    entries:
      positions.length === total ? entries : positions.map((i) => entries[i] as DocumentEntry),
    positions,
  };
}

/** What callers are given: they may change it without changing the store. */
export function copyDocument(
  { pageContent, metadata, id }: DocumentInterface,
  position?: number,
): Document {
  return new Document({
    pageContent,
    metadata: copyMetadata(metadata, position),
    ...(id !== undefined && { id }),
  });
}

/** An id as the store knows it: numbers count as strings, as those of databases are given. */
export function toId(id: unknown, name: string): string {
  if (typeof id === 'string') return id;
  if (typeof id === 'bigint' || (typeof id === 'number' && Number.isFinite(id))) return `${id}`;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${typeof id === 'number' ? id : typeof id}, expected a string or a number.`,
    remedy: 'Turn the ids into strings.',
  });
}

function toEntry(document: DocumentInterface, given: unknown, position: number): DocumentEntry {
  const { pageContent, metadata } = document;
  if (typeof pageContent !== 'string') {
    throw notDocuments(`documents[${position}].pageContent`, pageContent, 'a string');
  }
  const id = given === undefined || given === null ? undefined : toId(given, `ids[${position}]`);
  const copy = copyDocument({ pageContent, metadata, ...(id !== undefined && { id }) }, position);
  return { id: id ?? globalThis.crypto.randomUUID(), document: copy };
}

function notDocuments(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${got === null ? 'null' : typeof got}, expected ${expected}.`,
    remedy: 'Pass [{ pageContent, metadata }, …].',
  });
}

function isSameDocument(a: Document, b: Document): boolean {
  return a.pageContent === b.pageContent && isSameValue(a.metadata, b.metadata);
}
