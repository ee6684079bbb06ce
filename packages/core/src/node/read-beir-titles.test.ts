import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readBeirTitles } from './read-beir-titles.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'titles-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = (...lines: string[]) => writeFile(join(folder, 'corpus.jsonl'), lines.join('\n'));

it('reads what documents are called', async () => {
  await write(
    '{"_id":"a","title":"Apples","text":"x"}',
    '{"_id":"b","title":" ","text":"x"}',
    '{"_id":"c","text":"x"}',
    '{"_id":"d","title":null}',
    '',
  );
  expect([...(await readBeirTitles(folder))]).toEqual([['a', 'Apples']]);
});

it.each(['{"_id":"a"', '{"title":"A"}', '{"_id":"a","title":3}', 'null'])(
  'refuses %s',
  async (line) => {
    await write('{"_id":"z"}', line);
    await expect(readBeirTitles(folder)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining('corpus.jsonl:2: got'),
    });
  },
);

it('says which file is missing', async () => {
  const missing = readBeirTitles(join(folder, 'none'));
  await expect(missing).rejects.toMatchObject({ code: 'file-not-found' });
});
