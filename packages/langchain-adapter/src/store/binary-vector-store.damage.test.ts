import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

/** More, where there is time for them: a thousand a second or two. */
const damages = Number(process.env.BITRYOSHKA_DAMAGES ?? 5000);
const lanes = 5;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-damage-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const embeddings = new WordEmbeddings(8);
const queries = await embeddings.embedDocuments(['topic1', 'text 7 about', 'é']);

const variants: [string, BinaryVectorStoreOptions][] = [
  ['exact', { fields: ['i'], depth: { rerank: 20 } }],
  ['with codes and a graph', { quantizer: { kind: 'itq', bits: 8 }, index: 'graph' }],
];

type Bytes = Uint8Array<ArrayBufferLike>;
/** What disks, copies and people do to files. */
const damage: ((bytes: Bytes, at: number, length: number, random: () => number) => Bytes)[] = [
  (bytes, at, _, random) => bytes.with(at, (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))),
  (bytes, at, _, random) => bytes.with(at, Math.floor(random() * 256)),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
  (bytes, at, length) => bytes.slice().fill(0, at, at + length),
  (bytes, at, length) => bytes.slice().copyWithin(at, at + length, at + 2 * length),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]),
  (bytes, at, length) => {
    const second = bytes.subarray(at + length, at + 2 * length);
    const first = bytes.subarray(at, at + length);
    return Buffer.concat([
      bytes.subarray(0, at),
      second,
      first,
      bytes.subarray(at + first.length + second.length),
    ]);
  },
  (bytes, at, length, random) =>
    Buffer.concat([
      bytes.subarray(0, at),
      Uint8Array.from({ length }, () => Math.floor(random() * 256)),
      bytes.subarray(at),
    ]),
];

it.each(variants)(
  'a damaged store %s loads as it was saved, or says which file is damaged',
  async (_, options) => {
    const saved = join(directory, 'saved');
    const store = new BinaryVectorStore(embeddings, options);
    const documents = Array.from(
      { length: 16 },
      (_each, i) =>
        new Document({
          pageContent: `text ${i} about topic${i % 3} é`,
          metadata: { i, at: new Date(i), tags: ['a', `${i}`] },
        }),
    );
    await store.addDocuments(documents, { ids: documents.map((_each, i) => `id ${i}`) });
    await store.settled();
    await store.save(saved);
    await store.close();

    const whole = await answersOf(await BinaryVectorStore.load(saved, embeddings));
    const names = await readdir(saved);
    expect(names).toHaveLength(3);
    const files = await Promise.all(
      names.map(async (name) => new Uint8Array(await readFile(join(saved, name)))),
    );
    const seen = { whole: 0, refused: 0 };
    // Side by side, as most of the time is spent waiting for files.
    await Promise.all(Array.from({ length: lanes }, (_each, lane) => inFolder(lane)));
    // Some change nothing: a byte that is set to what it was, equal ranges that are swapped.
    expect(seen.refused).toBeGreaterThan(0.9 * (seen.whole + seen.refused));

    async function inFolder(lane: number): Promise<void> {
      const folder = join(directory, `copy ${lane}`);
      await cp(saved, folder, { recursive: true });
      const random = seededRandom(lane);
      for (let i = 0; i < damages / variants.length / lanes; i++) {
        const file = Math.floor(random() * names.length);
        const [name, bytes] = [names[file] as string, files[file] as Uint8Array];
        const path = join(folder, name);
        const at = Math.floor(random() * bytes.length);
        const length = Math.ceil(random() ** 3 * (bytes.length / 2));
        const kind = Math.floor(random() * damage.length);
        await writeFile(path, damage[kind]?.(bytes, at, length, random) ?? bytes);
        const label = `${name}: damage ${kind} of ${length} bytes at ${at}`;
        try {
          const loaded = await BinaryVectorStore.load(folder, embeddings);
          expect(await answersOf(loaded), label).toEqual(whole);
          seen.whole++;
        } catch (error) {
          if (!BitryoshkaError.isInstance(error)) throw new Error(label, { cause: error });
          expect(error.message, label).toContain(path);
          seen.refused++;
        }
        await writeFile(path, bytes);
      }
    }
  },
);

async function answersOf(store: BinaryVectorStore): Promise<unknown> {
  await store.close();
  return JSON.stringify([
    [...store.entries()],
    store.stats(),
    await Promise.all(
      queries.map((query) => store.similaritySearchVectorWithScore(query, 5, { i: { $gt: 1 } })),
    ),
  ]);
}
