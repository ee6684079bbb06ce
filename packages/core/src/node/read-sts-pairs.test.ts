import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readStsPairs } from './read-sts-pairs.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sts-'));
  file = join(folder, 'sts-test.csv');
});

afterEach(() => rm(folder, { recursive: true }));

it('reads sentences and similarities, with quotation marks as they are', async () => {
  await writeFile(
    file,
    'genre\tfile\t2012\t1\t2.500\tOne "quoted\tAn answer.\r\n\ngenre\tfile\t2012\t2\t0\t x \ty\tsource\tsource\n',
  );
  expect(await readStsPairs(file)).toEqual([
    { first: 'One "quoted', second: 'An answer.', similarity: 2.5 },
    { first: 'x', second: 'y', similarity: 0 },
  ]);
});

it.each([
  ['a line without second sentence', 'g\tf\t2012\t1\t2.5\tOne.\n', 'invalid-file'],
  ['an empty sentence', 'g\tf\t2012\t1\t2.5\t \tTwo.\n', 'invalid-file'],
  ['no similarity', 'g\tf\t2012\t1\t\tOne.\tTwo.\n', 'invalid-file'],
  ['a similarity that is no number', 'g\tf\t2012\t1\tx\tOne.\tTwo.\n', 'invalid-file'],
  ['a similarity out of range', 'g\tf\t2012\t1\t5.1\tOne.\tTwo.\n', 'invalid-file'],
  ['commas for tabs', 'g,f,2012,1,2.5,One.,Two.\n', 'invalid-file'],
  ['bytes that are no text', Uint8Array.of(255), 'invalid-file'],
  ['an empty file', '\n', 'empty-input'],
])('refuses %s', async (_what, content, code) => {
  await writeFile(file, content);
  await expect(readStsPairs(file)).rejects.toMatchObject({ code });
});

it('names the line that is wrong', async () => {
  await writeFile(file, 'g\tf\t2012\t1\t1\tOne.\tTwo.\nwrong\n');
  await expect(readStsPairs(file)).rejects.toThrow(/sts-test\.csv:2: got "wrong"/);
});

it('refuses a missing file', async () => {
  await expect(readStsPairs(file)).rejects.toMatchObject({ code: 'file-not-found' });
});

const shared = fileURLToPath(
  new URL('../../../../../shared/data/stsb/sts-test.csv', import.meta.url),
);

it.skipIf(!existsSync(shared))('reads the benchmark (skipped without ../shared)', async () => {
  const pairs = await readStsPairs(shared);
  expect(pairs).toHaveLength(1379);
  expect(Math.max(...pairs.map(({ similarity }) => similarity))).toBe(5);
});
