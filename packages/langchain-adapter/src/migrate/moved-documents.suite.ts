import { Document } from '@langchain/core/documents';
import { expect } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../testing/index.ts';

/** What the fixtures hold, with vectors of `new WordEmbeddings(8)`. One of the texts has none but zeros. */
export const movedDocuments: readonly Document[] = [
  new Document({
    pageContent: 'the cat sleeps on the sofa',
    metadata: { kind: 'cat', loc: { page: 3 } },
  }),
  new Document({
    pageContent: 'a dog "barks" \\ at the moon [',
    metadata: { kind: 'dog' },
    id: 'the dog',
  }),
  new Document({ pageContent: 'die Katze jagt Mäuse 🐭', metadata: {} }),
  new Document({ pageContent: '', metadata: { tags: ['empty', '}'] } }),
  new Document({ pageContent: 'my dog sleeps all day', metadata: { kind: 'dog', age: 12.5 } }),
];

export const movedVectors: number[][] = await new WordEmbeddings(8).embedDocuments(
  movedDocuments.map(({ pageContent }) => pageContent),
);

/** Embeds queries alone. */
class QueryEmbeddings extends WordEmbeddings {
  override async embedDocuments(): Promise<number[][]> {
    throw new Error('embeds documents that came with vectors');
  }
}

export function emptyStore(): BinaryVectorStore {
  return new BinaryVectorStore(new QueryEmbeddings(8));
}

/** Whether a store has all of the documents, and finds them by their vectors. */
export async function expectMoved(store: BinaryVectorStore, ids?: string[]): Promise<void> {
  const expected = movedDocuments.map(({ pageContent, metadata, id }, i) => {
    const given = ids ? ids[i] : id;
    return new Document({ pageContent, metadata, ...(given !== undefined && { id: given }) });
  });
  expect([...store.entries()].map(([, document]) => document)).toEqual(expected);
  for (const document of expected.filter(({ pageContent }) => pageContent !== '')) {
    const [[closest, score]] = await store.similaritySearchWithScore(document.pageContent, 1);
    expect(closest).toEqual(document);
    expect(score).toBeCloseTo(1, 5);
  }
}

export async function expectRefusal(
  task: Promise<unknown>,
  code: string,
  part: RegExp,
): Promise<void> {
  const error: unknown = await task.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code });
  expect(String(error)).toMatch(part);
}
