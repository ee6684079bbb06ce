import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { embedTexts } from '../documents/embed-texts.ts';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import type { SalvagedDocument, SalvageOptions } from './salvage-file.ts';
import { SalvagedFile } from './salvage-file.ts';
import { fileExists } from './sqlite-driver.ts';

/** How the file of a store is. */
export interface StoreFileVerification {
  readonly isWhole: boolean;
  /** What is wrong, the first hundred of it. */
  readonly problems: readonly string[];
  readonly recoverable: {
    readonly documents: number;
    /** How many of them have lost their vectors. */
    readonly withoutVectors: number;
    /** Undefined where the settings cannot say how many documents there were. */
    readonly lost: number | undefined;
  };
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
 * @throws BitryoshkaError `file-not-found`, `not-supported`, or `invalid-file` for what is no database; the signal's
 *   reason
 */
export async function verifyStoreFile(
  file: string,
  { driver, ...task }: SalvageOptions = {},
): Promise<StoreFileVerification> {
  return withSalvaged(file, driver, async (salvaged) => {
    salvaged.checkStructure();
    let [documents, withoutVectors] = [0, 0];
    for await (const { vector } of salvaged.documents(task)) {
      documents++;
      if (!vector) withoutVectors++;
    }
    const lost = salvaged.count === undefined ? undefined : salvaged.count - documents;
    const isWhole = salvaged.problems.length === 0 && lost === 0;
    return {
      isWhole,
      problems: salvaged.problems,
      recoverable: { documents, withoutVectors, lost },
    };
  });
}

/**
 * Brings back what is whole of the file of a store in another file, documents first. Codes, links and words are made
 * again. The damaged file stays as it is.
 *
 * @param to a file that is not there
 * @returns how many documents were brought back, how many of these were embedded again, and how many were left out
 *   because they have lost their vectors
 * @throws BitryoshkaError as `verifyStoreFile` and `BinaryVectorStore.open`; `invalid-option` when the other file is
 *   there
 */
export async function recoverStoreFile(
  file: string,
  to: string,
  { driver, embeddings, ...task }: RecoverFileOptions = {},
): Promise<{ readonly documents: number; readonly embedded: number; readonly leftOut: number }> {
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
    const store = await BinaryVectorStore.open(to, embeddings ?? none, {
      ...options,
      storage: typeof storage === 'string' ? storage : undefined,
      driver,
    });
    let [documents, embedded, leftOut] = [0, 0, 0];
    const add = async (some: readonly SalvagedDocument[]) => {
      const lost = some.filter(({ vector }) => !vector);
      const texts = lost.map(({ entry }) => entry.document.pageContent);
      const made = embeddings && texts.length > 0 ? await embedTexts(embeddings, texts, task) : [];
      const vectors = new Map(lost.map((each, i) => [each, made[i]]));
      const kept = some.filter((each) => each.vector ?? vectors.get(each));
      await store.addVectors(
        kept.map((each) => Array.from((each.vector ?? vectors.get(each)) as ArrayLike<number>)),
        kept.map(({ entry }) => entry.document),
        { ids: kept.map(({ entry }) => entry.id), signal: task.signal },
      );
      documents += kept.length;
      embedded += made.length;
      leftOut += some.length - kept.length;
    };
    try {
      let some: SalvagedDocument[] = [];
      for await (const each of salvaged.documents(task)) {
        some.push(each);
        if (some.length < documentsPerStep) continue;
        await add(some);
        some = [];
      }
      if (some.length > 0) await add(some);
      await store.settled();
    } finally {
      await store.close();
    }
    return { documents, embedded, leftOut };
  });
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
