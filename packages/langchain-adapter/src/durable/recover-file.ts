import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, RowSet } from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { embedTexts } from '../documents/embed-texts.ts';
import type { ItemRow } from '../langgraph/item-table.ts';
import { ItemVectors } from '../langgraph/item-vectors.ts';
import type { HybridOptions } from '../lexical/hybrid-options.ts';
import { createWordSearch, wordSearchOf } from '../lexical/hybrid-options.ts';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import type { SalvagedDocument } from './salvage-file.ts';
import { SalvagedFile } from './salvage-file.ts';
import type { SalvageOptions } from './salvage-options.ts';
import { fileExists } from './sqlite-driver.ts';

/** How the file of a store is. */
export interface StoreFileVerification {
  readonly isWhole: boolean;
  /** What is wrong, the first hundred of it. */
  readonly problems: readonly string[];
  /**
   * Whether the words of a hybrid store were compared with its documents: `not-compared` where their tokens are made by
   * a function that was not given, or by another version of ours; `none` without words.
   */
  readonly words: 'none' | 'compared' | 'not-compared';
  readonly recoverable: {
    readonly documents: number;
    /** Of a store of LangGraph, whose documents are the texts of its items. */
    readonly items?: number | undefined;
    /** How many of them have lost their vectors. */
    readonly withoutVectors: number;
    /** Undefined where the settings cannot say how many documents there were. */
    readonly lost: number | undefined;
  };
}

export interface VerifyFileOptions extends SalvageOptions {
  /** As the store was opened with it, if that was with a function: to compare its words. */
  readonly hybrid?: HybridOptions | undefined;
}

export interface RecoverFileOptions extends SalvageOptions {
  /** Embeds the documents that have lost their vectors; without, these are left out. */
  readonly embeddings?: EmbeddingsInterface | undefined;
}

const documentsPerStep = 256;

/**
 * Reads all of the file of a store, which no store should write to meanwhile, and says what is wrong with it. Changes
 * nothing.
 *
 * @throws BitryoshkaError `file-not-found`, `not-supported`, `invalid-option`, or `invalid-file` for what is no
 *   database; the signal's reason
 */
export async function verifyStoreFile(
  file: string,
  { driver, hybrid, ...task }: VerifyFileOptions = {},
): Promise<StoreFileVerification> {
  const given = createWordSearch(hybrid);
  return withSalvaged(file, driver, async (salvaged) => {
    salvaged.checkStructure();
    const { tokenizer } = salvaged;
    const search = tokenizer === undefined ? undefined : wordSearchOf(tokenizer, given);
    const words = search && salvaged.words(search);
    let [documents, withoutVectors] = [0, 0];
    for await (const { row, entry, vector } of salvaged.documents(task)) {
      documents++;
      if (!vector) withoutVectors++;
      words?.add(row, entry.document);
    }
    await words?.compare(task);
    let items: number | undefined;
    if (salvaged.kind === 'items') {
      items = 0;
      for await (const _ of salvaged.items(task)) items++;
    }
    const lost = salvaged.count === undefined ? undefined : salvaged.count - documents;
    const isWhole = salvaged.problems.length === 0 && lost === 0;
    return {
      isWhole,
      problems: salvaged.problems,
      words: tokenizer === undefined ? 'none' : search ? 'compared' : 'not-compared',
      recoverable: { documents, items, withoutVectors, lost },
    };
  });
}

/** What was brought back of a file. */
export interface StoreFileRecovery {
  readonly documents: number;
  /** How many of the documents were embedded again. */
  readonly embedded: number;
  /** How many documents were not brought back: they have lost their vectors, or their item. */
  readonly leftOut: number;
  /** Of a store of LangGraph, whose documents are the texts of its items. */
  readonly items?: number | undefined;
}

/**
 * Brings back what is whole of the file of a store in another file, documents first. Codes, links and words are made
 * again. The damaged file stays as it is.
 *
 * @param to a file that is not there
 * @throws BitryoshkaError as `verifyStoreFile` and `BinaryVectorStore.open`; `invalid-option` when the other file is
 *   there
 */
export async function recoverStoreFile(
  file: string,
  to: string,
  { driver, embeddings, ...task }: RecoverFileOptions = {},
): Promise<StoreFileRecovery> {
  if (fileExists(to, driver)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `to: got ${to}, which is there, expected a new file.`,
      remedy: 'Name another file.',
    });
  }
  return withSalvaged(file, driver, async (salvaged) => {
    const { similarity: _, storage, ...options } = salvaged.options ?? {};
    const none = { embedQuery: refuse, embedDocuments: refuse };
    const open = {
      ...options,
      storage: typeof storage === 'string' ? storage : undefined,
      driver,
    };
    const isOfItems = salvaged.kind === 'items';
    const store = isOfItems
      ? await ItemVectors.open(to, embeddings ?? none, open)
      : await BinaryVectorStore.open(to, embeddings ?? none, open);
    try {
      const copy = { salvaged, embeddings, task };
      const recovered = isOfItems
        ? await copyItems(store as ItemVectors, copy)
        : await copyDocuments(store, copy);
      await store.settled();
      return recovered;
    } finally {
      await store.close();
    }
  });
}

interface Copy {
  readonly salvaged: SalvagedFile;
  readonly embeddings: EmbeddingsInterface | undefined;
  readonly task: TaskOptions;
}

/** @param isWanted is asked for each document that can be brought back */
async function copyDocuments(
  store: BinaryVectorStore,
  { salvaged, embeddings, task }: Copy,
  isWanted: (document: DocumentInterface) => boolean = () => true,
): Promise<StoreFileRecovery> {
  let [documents, embedded, leftOut] = [0, 0, 0];
  const add = async (some: readonly SalvagedDocument[]) => {
    const there = some.filter(
      ({ entry, vector }) => (vector ?? embeddings) && isWanted(entry.document),
    );
    const lost = there.filter(({ vector }) => !vector);
    const texts = lost.map(({ entry }) => entry.document.pageContent);
    const made = embeddings && texts.length > 0 ? await embedTexts(embeddings, texts, task) : [];
    const vectors = new Map(lost.map((each, i) => [each, made[i]]));
    await store.addVectors(
      there.map((each) => Array.from((each.vector ?? vectors.get(each)) as ArrayLike<number>)),
      there.map(({ entry }) => entry.document),
      { ids: there.map(({ entry }) => entry.id), signal: task.signal },
    );
    documents += there.length;
    embedded += made.length;
    leftOut += some.length - there.length;
  };
  let some: SalvagedDocument[] = [];
  for await (const each of salvaged.documents(task)) {
    some.push(each);
    if (some.length < documentsPerStep) continue;
    await add(some);
    some = [];
  }
  if (some.length > 0) await add(some);
  return { documents, embedded, leftOut };
}

/** Items with the documents that are theirs: those that have none left are kept as items without vectors. */
async function copyItems(store: ItemVectors, copy: Copy): Promise<StoreFileRecovery> {
  const { salvaged, task } = copy;
  const [whole, withVectors] = [new RowSet(), new RowSet()];
  for await (const { number } of salvaged.items(task)) whole.add(number);
  const copied = await copyDocuments(store, copy, ({ metadata }) => {
    const { item } = metadata;
    const isTheirs = typeof item === 'number' && whole.has(item);
    if (isTheirs) withVectors.add(item);
    return isTheirs;
  });
  let items = 0;
  let some: ItemRow[] = [];
  for await (const row of salvaged.items(task)) {
    some.push({ ...row, vectors: withVectors.has(row.number) ? row.vectors : 0 });
    if (some.length < documentsPerStep) continue;
    await store.restore(some);
    items += some.length;
    some = [];
  }
  await store.restore(some);
  return { ...copied, items: items + some.length };
}

async function withSalvaged<T>(
  file: string,
  driver: SalvageOptions['driver'],
  use: (salvaged: SalvagedFile) => Promise<T>,
): Promise<T> {
  if (!fileExists(file, driver)) {
    throw new BitryoshkaError({
      code: 'file-not-found',
      message: `${file}: got no file.`,
      remedy: 'Check the path.',
    });
  }
  const salvaged = new SalvagedFile(file, driver);
  try {
    return await use(salvaged);
  } finally {
    salvaged.close();
  }
}

async function refuse(): Promise<never> {
  throw new BitryoshkaError({
    code: 'not-supported',
    message: 'embeddings: got none while a file is recovered.',
    remedy: 'Pass { embeddings }.',
  });
}
