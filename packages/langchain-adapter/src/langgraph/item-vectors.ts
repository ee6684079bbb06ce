import { Document } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { StoreFileKind } from '../durable/durable-store.ts';
import type { StoreFile } from '../durable/store-file.ts';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import type { FileChange } from '../store/store-changes.ts';
import type { ItemRow } from './item-table.ts';
import { ItemTable, stageItems, takeStagedItems } from './item-table.ts';
import type { Namespace } from './namespace.ts';
import { pathsAround } from './namespace.ts';

/** The texts of an item that are new, with their vectors. */
export interface EmbeddedItem {
  /** Of the item. */
  readonly number: number;
  readonly namespace: Namespace;
  readonly texts: readonly string[];
  readonly vectors: readonly number[][];
  /** How many vectors the item had. */
  readonly before: number;
}

/** Items with their new vectors, and how they are written. */
export interface ItemChange extends Pick<FileChange, 'stage' | 'write'> {
  readonly items: readonly EmbeddedItem[];
}

/** What a document says of its item, and filters ask for. */
interface TextMetadata {
  readonly item: number;
  /** Paths of the namespaces that the item is within. */
  readonly within: readonly string[];
}

/** The texts of items as documents: one for each vector, beside the items in one file. */
export class ItemVectors extends BinaryVectorStore {
  static readonly fields: readonly (keyof TextMetadata)[] = ['item', 'within'];

  protected override get storeFileKind(): StoreFileKind {
    return 'items';
  }

  /** That of a store that was opened. */
  get file(): StoreFile {
    return this.storeFile as StoreFile;
  }

  /**
   * Replaces the vectors of items and writes what else is to be written, all of it or nothing.
   *
   * @param prepare is called when all changes before are made
   */
  async change(prepare: () => Promise<ItemChange>): Promise<void> {
    await this.changeStoreFile(async () => {
      const { items, stage, write } = await prepare();
      return {
        vectors: items.flatMap(({ vectors }) => vectors),
        documents: items.flatMap(({ number, namespace, texts }) => {
          const metadata: TextMetadata = { item: number, within: pathsAround(namespace) };
          return texts.map(
            (pageContent, i) => new Document({ id: idOf(number, i), pageContent, metadata }),
          );
        }),
        removed: items.flatMap(({ number, texts, before }) =>
          Array.from({ length: Math.max(0, before - texts.length) }, (_, i) =>
            idOf(number, texts.length + i),
          ),
        ),
        stage,
        write,
      };
    });
  }

  /** Writes items whose documents are there already, into a file that may have none yet. */
  async restore(rows: readonly ItemRow[]): Promise<void> {
    new ItemTable(this.file);
    const stage = (file: StoreFile) => stageItems(file, rows, []);
    await this.change(async () => ({ items: [], stage, write: takeStagedItems }));
  }

  /**
   * The items whose texts are nearest, each once and with its best score.
   *
   * @param k how many texts
   * @param which numbers of items, or the path of a namespace
   */
  async nearest(
    query: string,
    k: number,
    which: readonly number[] | string | undefined,
  ): Promise<Map<number, number>> {
    const filter =
      which === undefined
        ? undefined
        : typeof which === 'string'
          ? { within: which }
          : { item: { $in: which } };
    const best = new Map<number, number>();
    for (const [{ metadata }, score] of await this.similaritySearchWithScore(query, k, filter)) {
      const { item } = metadata as TextMetadata;
      if (!best.has(item)) best.set(item, score);
    }
    return best;
  }
}

/** Where nothing is embedded. */
export const noEmbeddings: EmbeddingsInterface = {
  embedDocuments: async (texts) => texts.map(() => []),
  embedQuery: async () => [],
};

function idOf(item: number, text: number): string {
  return `${item}/${text}`;
}
