import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readVectorBlocks } from './read-vector-blocks.ts';
import { readVectors } from './read-vectors.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blocks-'));
  path = join(folder, 'v');
});

afterEach(() => rm(folder, { recursive: true }));

it('gives what readVectors gives, in blocks', async () => {
  await write(
    10_000,
    Float32Array.from({ length: 20_000 }, (_, i) => i / 8),
  );
  const values: number[] = [];
  let blocks = 0;
  for await (const { columns, data } of readVectorBlocks(path)) {
    expect(columns).toBe(2);
    values.push(...data);
    blocks++;
  }
  expect(blocks).toBeGreaterThan(1);
  expect(Float32Array.from(values)).toEqual((await readVectors(path)).vectors.data);
});

it.each([
  ['truncated-file', Float32Array.of(1, 2, 3)],
  ['invalid-file', Float32Array.of(1, 2, 3, 4, 5)],
  ['not-finite', Float32Array.of(1, 2, 3, Number.NaN)],
])('refuses a file: %s', async (code, data) => {
  await write(2, data);
  await expect(readVectorBlocks(path).next()).rejects.toMatchObject({ code });
});

it('says which file is missing', async () => {
  await expect(readVectorBlocks(path).next()).rejects.toThrow(/v\.json/);
  await write(1, Float32Array.of(1, 2));
  await rm(`${path}.f32`);
  await expect(readVectorBlocks(path).next()).rejects.toMatchObject({
    code: 'file-not-found',
    message: expect.stringContaining('v.f32'),
  });
});

async function write(rows: number, data: Float32Array<ArrayBuffer>): Promise<void> {
  const ids = Array.from({ length: rows }, (_, i) => i);
  await writeFile(`${path}.json`, JSON.stringify({ ids, dims: 2 }));
  await writeFile(`${path}.f32`, new Uint8Array(data.buffer));
}
