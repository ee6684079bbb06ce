import type { TaskOptions } from '@bitryoshka/core';
import { BinaryVectorStore, createTokenizer } from '@bitryoshka/langchain';
import type { Document } from '@langchain/core/documents';
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
const documentsPerTurn = 500;
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
    for (let start = 0; start < passages.count; start += documentsPerTurn) {
      const length = Math.min(documentsPerTurn, passages.count - start);
      const rows = Array.from({ length }, (_, i) => start + i);
      const documents = await passages.documents(rows);
      await store.addVectors(
        documents.map(() => sameVector),
        documents.map(({ pageContent, metadata: { headings } }) => ({
          pageContent,
          metadata: { headings },
        })),
        { ids: rows.map(String), ...task },
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
