import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importPeer } from '../../../../bench/peers/import-peer.mjs';
import { WordEmbeddings } from '../testing/index.ts';
import { fillFromHnswlib } from './fill-from-hnswlib.ts';
import { emptyStore, expectMoved, expectRefusal, movedDocuments } from './moved-documents.suite.ts';

/** As `HNSWLib` of @langchain/community 1.1.29 saved it, with hnswlib-node 3.0.0. */
const fixture = fileURLToPath(new URL('fixtures/hnswlib', import.meta.url));
const hnswlib = await importPeer('hnswlib-node');
const community = hnswlib && (await importPeer('@langchain/community/vectorstores/hnswlib'));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-hnswlib-'));
  await cp(fixture, directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file = (name: string) => join(directory, name);
const index = 'hnswlib.index';
const fill = () => fillFromHnswlib(emptyStore(), directory);

it('adds documents, vectors and the ids that documents had', async () => {
  const store = emptyStore();
  const ids = await fillFromHnswlib(store, fixture);
  await expectMoved(store);
  expect(ids[1]).toBe('the dog');
});

describe.skipIf(!community)('what HNSWLib saves (needs hnswlib-node)', () => {
  it.each(['cosine', 'l2', 'ip'])('with the space %s', async (space) => {
    const theirs = new community.HNSWLib(new WordEmbeddings(8), { space });
    await theirs.addDocuments([...movedDocuments]);
    await theirs.save(directory);
    const store = emptyStore();
    await fillFromHnswlib(store, directory);
    await expectMoved(store);
  });

  it('gives the cosines that its distances are', async () => {
    const embeddings = new WordEmbeddings(24);
    const theirs = await community.HNSWLib.fromTexts(
      Array.from({ length: 3000 }, (_, i) => `text ${i} of topic${i % 7}`),
      Array.from({ length: 3000 }, (_, i) => ({ i })),
      embeddings,
    );
    await theirs.save(directory);
    const store = emptyStore();
    await fillFromHnswlib(store, directory);
    expect(store.stats()).toMatchObject({ count: 3000, dimensions: 24 });
    const query = await embeddings.embedQuery('text 17 of topic3');
    const found = await store.similaritySearchVectorWithScore(query, 10);
    for (const [i, [document, distance]] of (
      await theirs.similaritySearchVectorWithScore(query, 10)
    ).entries()) {
      expect(found[i][0].metadata).toEqual(document.metadata);
      expect(found[i][1]).toBeCloseTo(1 - distance, 5);
    }
    await store.close();
  });
});

describe.skipIf(!hnswlib)('an index of hnswlib-node (needs it)', () => {
  it('without the points that were deleted', async () => {
    const points = new hnswlib.default.HierarchicalNSW('l2', 8);
    await points.readIndex(file(index));
    points.markDelete(2);
    await points.writeIndex(file(index));
    const store = emptyStore();
    await fillFromHnswlib(store, directory);
    const texts = [...store.entries()].map(([, { pageContent }]) => pageContent);
    expect(texts).toEqual(
      movedDocuments.filter((_, i) => i !== 2).map(({ pageContent }) => pageContent),
    );
  });

  it('with labels in any order, and room for more', async () => {
    const points = new hnswlib.default.HierarchicalNSW('l2', 2);
    points.initIndex(100, 5);
    const labels = [70, 3, 2 ** 31];
    for (const label of labels) points.addPoint([label, 1], label);
    await points.writeIndex(file(index));
    await writeFile(file('args.json'), JSON.stringify({ space: 'l2', numDimensions: 2 }));
    const entries = labels.map((label) => [String(label), { pageContent: `at ${label}` }]);
    await writeFile(file('docstore.json'), JSON.stringify(entries));
    const store = emptyStore();
    await fillFromHnswlib(store, directory);
    for (const label of labels) {
      const [[found, score]] = await store.similaritySearchVectorWithScore([label, 1], 1);
      expect([found.pageContent, found.metadata]).toEqual([`at ${label}`, {}]);
      expect(score).toBeCloseTo(1, 6);
    }
  });
});

describe('refuses', () => {
  it.each([index, 'docstore.json', 'args.json'])('a folder without %s', async (name) => {
    await rm(file(name));
    await expectRefusal(fill(), 'file-not-found', new RegExp(name));
  });

  it('an index that was cut off', async () => {
    for (const bytes of [0, 50, 96, 955]) {
      await cp(fixture, directory, { recursive: true });
      await truncate(file(index), bytes);
      await expectRefusal(fill(), 'truncated-file', /hnswlib\.index/);
    }
  });

  it('a header that contradicts itself', async () => {
    const whole = await readFile(file(index));
    for (const at of [0, 8, 24, 32, 40, 64]) {
      const damaged = Buffer.from(whole);
      damaged.writeBigUInt64LE(3n, at);
      await writeFile(file(index), damaged);
      await expectRefusal(fill(), 'invalid-file', /got no index of hnswlib/);
    }
    await writeFile(file(index), Buffer.from('IxF2'.padEnd(200, 'x')));
    await expectRefusal(fill(), 'invalid-file', /got no index of hnswlib/);
  });

  it('another dimension than that of the index', async () => {
    await writeFile(file('args.json'), '{"space":"cosine","numDimensions":9}');
    await expectRefusal(fill(), 'dimension-mismatch', /8 dimensions, expected 9/);
    for (const args of ['{}', 'null', '{"numDimensions":"8"}']) {
      await writeFile(file('args.json'), args);
      await expectRefusal(fill(), 'invalid-file', /for numDimensions/);
    }
    await writeFile(file('args.json'), '{');
    await expectRefusal(fill(), 'invalid-file', /got no JSON/);
  });

  it('documents and vectors that are not as many', async () => {
    const entries = JSON.parse(await readFile(file('docstore.json'), 'utf8')) as unknown[];
    await writeFile(file('docstore.json'), JSON.stringify(entries.slice(1)));
    await expectRefusal(fill(), 'invalid-file', /got a vector 0 without a document/);
    await writeFile(file('docstore.json'), JSON.stringify([...entries, ['9', {}]]));
    await expectRefusal(fill(), 'invalid-file', /got 5 vectors for 6 documents/);
  });

  it('a docstore that is none', async () => {
    for (const [text, part] of [
      ['{}', /byte 0, expected \[/],
      ['[["0",{"pageContent":"a"', /expected more/],
      ['[["0","text"]]', /item 0, expected a key and a document/],
      ['[["0",{"pageContent":a}]]', /expected JSON/],
      ['[["0",{"pageContent":"a}]]', /expected the end of a string/],
    ] as const) {
      await writeFile(file('docstore.json'), text);
      await expectRefusal(fill(), 'invalid-file', part);
    }
  });
});
