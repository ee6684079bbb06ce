import { readdir } from 'node:fs/promises';
import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import type { MigrateOptions, SqliteVecOptions } from '@bitryoshka/langchain/migrate';
import { fillFromFaiss, fillFromHnswlib, fillFromSqliteVec } from '@bitryoshka/langchain/migrate';
import { noEmbeddings } from '../stores/no-embeddings.ts';
import { openSqlite } from '../stores/open-sqlite.ts';
import type { StoreKind } from '../stores/store-kind.ts';
import { storeKindOf } from '../stores/store-kind.ts';
import { print, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

export interface MigrateStoreOptions
  extends Pick<SqliteVecOptions, 'vector' | 'text' | 'id' | 'metadata'> {
  readonly table?: string;
  readonly duplicates: NonNullable<MigrateOptions['duplicateIds']>;
  readonly json: boolean;
}

/** `bitryoshka migrate`: what another store has saved, as a saved `BinaryVectorStore`. */
export async function migrateStore(
  source: string,
  folder: string,
  { duplicates, json, ...columns }: MigrateStoreOptions,
): Promise<void> {
  const kind = await storeKindOf(source);
  checkColumns(kind, columns);
  await checkEmpty(folder);
  const bar = new ProgressBar();
  const task = { duplicateIds: duplicates, onProgress: bar.update };
  const store = new BinaryVectorStore(noEmbeddings, { onIndexProgress: bar.update });
  try {
    await fill(store, { kind, source, columns }, task);
    // What is made in the background is saved with the store, and need not be made by each program that loads it.
    await store.settled();
    await store.save(folder, { onProgress: bar.update });
  } finally {
    bar.stop();
    await store.close();
  }
  const { count, dimensions = 0, index } = store.stats();
  if (json) {
    printJson({ kind, documents: count, dimensions, index });
    return;
  }
  print(
    `${folder}: ${count} documents of ${dimensions} dimensions from ${source} (${kind}), searched by ${index}. Load it with BinaryVectorStore.load and the embeddings that made the vectors; scores are similarities, higher is better.`,
  );
}

type Columns = Omit<MigrateStoreOptions, 'duplicates' | 'json'>;

async function fill(
  store: BinaryVectorStore,
  { kind, source, columns }: { kind: StoreKind; source: string; columns: Columns },
  task: TaskOptions & MigrateOptions,
): Promise<void> {
  if (kind === 'HNSWLib') {
    await fillFromHnswlib(store, source, task);
  } else if (kind === 'FaissStore') {
    await fillFromFaiss(store, source, task);
  } else {
    const database = await openSqlite(source);
    try {
      await fillFromSqliteVec(store, database, { ...columns, ...task, table: columns.table ?? '' });
    } finally {
      database.close();
    }
  }
}

function checkColumns(kind: StoreKind, columns: Columns): void {
  const given = Object.keys(columns).filter((name) => columns[name as keyof Columns] !== undefined);
  if (kind === 'SQLite' && columns.table === undefined) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: '--table: got none, expected the table or view that has the rows.',
      remedy: 'Pass --table <name>.',
    });
  }
  if (kind === 'SQLite' || given.length === 0) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `--${given[0]}: got a column or table beside a folder of ${kind}, expected none.`,
    remedy: 'Name columns for a SQLite file only.',
  });
}

/** A store that is there is not to be replaced by mistake. */
async function checkEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : [error.code],
  );
  if (names.length === 0) return;
  throw new BitryoshkaError({
    code: 'write-failed',
    message: `${folder}: got something that is there already, expected a new or an empty folder.`,
    remedy: 'Name another folder.',
  });
}
