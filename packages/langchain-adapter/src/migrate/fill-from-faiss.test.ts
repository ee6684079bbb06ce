import { cp, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillFromFaiss } from './fill-from-faiss.ts';
import { emptyStore, expectMoved, expectRefusal } from './moved-documents.suite.ts';

/** `faiss.index` as faiss-cpu 1.15.1 wrote it, `docstore.json` as `FaissStore` of @langchain/community 1.1.29 did. */
const fixture = fileURLToPath(new URL('fixtures/faiss', import.meta.url));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-faiss-'));
  await cp(fixture, directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file = (name: string) => join(directory, name);
const fill = () => fillFromFaiss(emptyStore(), directory);

it('adds documents, vectors and ids', async () => {
  const store = emptyStore();
  const ids = ['a', 'b', 'c', 'd', 'e'];
  expect(await fillFromFaiss(store, fixture)).toEqual(ids);
  await expectMoved(store, ids);
});

describe('refuses', () => {
  it.each(['faiss.index', 'docstore.json'])('a folder without %s', async (name) => {
    await rm(file(name));
    await expectRefusal(fill(), 'file-not-found', new RegExp(name));
  });

  it('a folder of Python, with what to do about it', async () => {
    await rename(file('docstore.json'), file('index.pkl'));
    await expectRefusal(fill(), 'not-supported', /FaissStore\.loadFromPython/);
  });

  it('an index that is not flat', async () => {
    const whole = await readFile(file('faiss.index'));
    for (const kind of ['IwFl', 'IHNf', 'IxMp']) {
      whole.write(kind, 'latin1');
      await writeFile(file('faiss.index'), whole);
      await expectRefusal(fill(), 'not-supported', new RegExp(`the kind "${kind}"`));
    }
  });

  it('an index that was cut off', async () => {
    for (const bytes of [0, 36, 40, 204]) {
      await cp(fixture, directory, { recursive: true });
      await truncate(file('faiss.index'), bytes);
      await expectRefusal(fill(), 'truncated-file', /faiss\.index/);
    }
  });

  it('counts that contradict each other', async () => {
    const whole = await readFile(file('faiss.index'));
    whole.writeInt32LE(7, 4);
    await writeFile(file('faiss.index'), whole);
    await expectRefusal(fill(), 'invalid-file', /40 values for 5 vectors of 7 dimensions/);
  });

  it('keys that do not fit the vectors', async () => {
    const text = await readFile(file('docstore.json'), 'utf8');
    await writeFile(file('docstore.json'), text.replace(',"4":"e"', ''));
    await expectRefusal(fill(), 'invalid-file', /got 5 vectors and 4 keys/);
    await writeFile(file('docstore.json'), text.replace('"4":"e"', '"4":"z"'));
    await expectRefusal(fill(), 'invalid-file', /got a vector 4 without a document/);
    await writeFile(file('docstore.json'), text.replace('"4":"e"', '"4":5'));
    await expectRefusal(fill(), 'invalid-file', /item 4, expected a key/);
  });
});
