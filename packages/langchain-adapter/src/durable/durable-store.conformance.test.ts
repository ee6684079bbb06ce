import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import type { TestedStore } from '../store/vector-store.suite.ts';
import { vectorStoreSuite } from '../store/vector-store.suite.ts';
import { driver, drivers } from './sqlite-drivers.suite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-file-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const newFile = () => join(directory, `${randomUUID()}.sqlite`);

describe.each(Object.entries(drivers))('a store in a file, by %s', (_, each) =>
  vectorStoreSuite((embeddings) => BinaryVectorStore.open(newFile(), embeddings, { driver: each })),
);

const files = new WeakMap<object, string>();
/** As it would be if the process ended now. */
const openCopy = async (store: TestedStore): Promise<TestedStore> => {
  const file = files.get(store) as string;
  const copy = newFile();
  for (const end of ['', '-wal']) await copyFile(`${file}${end}`, `${copy}${end}`);
  const opened = await BinaryVectorStore.open(copy, store.embeddings, { driver });
  files.set(opened, copy);
  return opened;
};

describe.skipIf(!driver).each(['exact', 'scan', 'auto'] as const)(
  'opened as the file is, %s (needs SQLite)',
  (index) =>
    vectorStoreSuite(async (embeddings) => {
      const file = newFile();
      const store = await BinaryVectorStore.open(file, embeddings, {
        driver,
        ...(index === 'scan' ? { index, quantizer: { kind: 'median', bits: 3 } } : { index }),
      });
      files.set(store, file);
      return store;
    }, openCopy),
);
