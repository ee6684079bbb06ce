import type { TaskOptions } from '@bitryoshka/core';
import { BinaryVectorStore, createTokenizer } from '@bitryoshka/langchain';
import type { Document } from '@langchain/core/documents';
import type { PassageMetadata } from '../library/folder-library.ts';
import type { ServedPassages } from './served-passages.ts';

/** As folders are searched. */
const fields = ['headings'];
/** A store cannot be without vectors: all are the same, and say nothing. */
const sameVector = [1];
const sameVectors = {
  embedQuery: async (): Promise<number[]> => sameVector,
  embedDocuments: async (texts: readonly string[]): Promise<number[][]> =>
    texts.map(() => sameVector),
};
const tokenize = createTokenizer('en');

/** Passages by their words alone. */
export class WordSearch {
  readonly #store: BinaryVectorStore;

  private constructor(store: BinaryVectorStore) {
    this.#store = store;
  }

  static async of(passages: ServedPassages, task: TaskOptions): Promise<WordSearch> {
    const store = new BinaryVectorStore(sameVectors, {
      hybrid: { alpha: 0, fields },
      index: 'exact',
    });
    let row = 0;
    for (const { library } of passages.folders) {
      const documents = Array.from(library.store.entries(), ([, { pageContent, metadata }]) => ({
        pageContent,
        metadata: { headings: (metadata as PassageMetadata).headings },
      }));
      const ids = documents.map(() => String(row++));
      await store.addVectors(
        documents.map(() => sameVector),
        documents,
        { ids, ...task },
      );
    }
    return new WordSearch(store);
  }

  /** The numbers of passages that have words of a question, best first. */
  async search(question: string, k: number): Promise<number[]> {
    const wanted = new Set(tokenize(question));
    const found = await this.#store.similaritySearch(question, k);
    return found.filter((document) => has(document, wanted)).map(({ id }) => Number(id));
  }
}

/** The store fills up with passages that have none of the words. */
function has({ pageContent, metadata }: Document, wanted: ReadonlySet<string>): boolean {
  const text = [...(metadata.headings as string[]), pageContent].join('\n');
  return tokenize(text).some((token) => wanted.has(token));
}
