import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { afterAll, beforeAll, describe } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import type { OpenOptions } from '../store/store-options.ts';
import { vectorStoreSuite } from '../store/vector-store.suite.ts';
import { driver, drivers } from './sqlite-drivers.suite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-file-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const newFile = () => join(directory, `${randomUUID()}.sqlite`);

const files = new WeakMap<object, string>();

function create(options: OpenOptions) {
  return async (embeddings: EmbeddingsInterface) => {
    const file = newFile();
    const store = await BinaryVectorStore.open(file, embeddings, options);
    files.set(store, file);
    return store;
  };
}

/** As it would be if the process ended now. */
async function openCopy(store: BinaryVectorStore): Promise<BinaryVectorStore> {
  await store.settled();
  const file = files.get(store) as string;
  const copy = newFile();
  for (const end of ['', '-wal']) await copyFile(`${file}${end}`, `${copy}${end}`);
  const opened = await BinaryVectorStore.open(copy, store.embeddings, { driver });
  files.set(opened, copy);
  return opened;
}

describe.each(Object.entries(drivers))('a store in a file, by %s', (_, each) =>
  vectorStoreSuite(create({ driver: each }), { reload: openCopy }),
);

describe.each([
  ['exact', { index: 'exact' }],
  ['scan', { index: 'scan', quantizer: { kind: 'median', bits: 3 } }],
  ['auto', {}],
] as const)('opened as the file is, %s', (_, options) =>
  vectorStoreSuite(create({ driver, ...options }), { reload: openCopy, settle: openCopy }),
);

describe('with vectors of four bits, opened as the file is', () =>
  vectorStoreSuite(create({ driver, storage: 'int4' }), {
    reload: openCopy,
    settle: openCopy,
    isEstimating: true,
  }));

describe.each([
  ['exact', { index: 'exact' }],
  ['scan', { index: 'scan', quantizer: { kind: 'median', bits: 3 } }],
] as const)('hybrid, opened as the file is, %s', (_, options) =>
  vectorStoreSuite(create({ driver, hybrid: true, ...options }), {
    reload: openCopy,
    settle: openCopy,
    isHybrid: true,
  }),
);
