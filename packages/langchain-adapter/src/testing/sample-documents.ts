import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import type { TestedStore } from './tested-store.ts';
import type { Trial } from './vector-store-case.ts';

/** New ones each time: a store may keep and change them. */
export function sampleDocuments(): Document[] {
  return [
    new Document({ pageContent: 'the cat sleeps on the sofa', metadata: { kind: 'cat', age: 3 } }),
    new Document({ pageContent: 'a dog barks at the moon', metadata: { kind: 'dog', age: 7 } }),
    new Document({ pageContent: 'the cat hunts a mouse', metadata: { kind: 'cat', age: 9 } }),
    new Document({ pageContent: 'parrots repeat every word', metadata: { kind: 'bird', age: 30 } }),
    new Document({ pageContent: 'my dog sleeps all day', metadata: { kind: 'dog', age: 12 } }),
  ];
}

export const sampleIds = ['a', 'b', 'c', 'd', 'e'] as const;

/** A store with the sample documents, ready to be searched. */
export async function filledStore(trial: Trial): Promise<TestedStore> {
  const store = await trial.create();
  const takesIds = trial.has('option-ids') || trial.has('upsert') || trial.has('delete-by-ids');
  await store.addDocuments(sampleDocuments(), ...(takesIds ? [{ ids: [...sampleIds] }] : []));
  return trial.settle(store);
}

export function contentsOf(documents: readonly DocumentInterface[]): string[] {
  return documents.map(({ pageContent }) => pageContent);
}

/** For stores that do not say in which order they find. */
export function sortedContentsOf(documents: readonly DocumentInterface[]): string[] {
  return contentsOf(documents).sort();
}

/** The texts of the sample documents with the given ids, sorted. */
export function contentsOfIds(ids: Iterable<string>): string[] {
  const named = new Set(ids);
  return sortedContentsOf(sampleDocuments().filter((_, i) => named.has(sampleIds[i] as string)));
}

export function idsOf(documents: readonly DocumentInterface[]): (string | undefined)[] {
  return documents.map(({ id }) => id);
}

/** Text and metadata, without what else a store puts on documents. */
export function bodyOf({ pageContent, metadata }: DocumentInterface): object {
  return { pageContent, metadata };
}
