import { expect, it } from 'vitest';
import type { Progress } from '../progress/task-options.ts';
import { seededRandom } from '../vectors/random.ts';
import type { ByteSource } from './checked-blocks.ts';
import { BlockChecksums, blockBytes, CheckedBlocks } from './checked-blocks.ts';
import { crc32 } from './crc32.ts';

const random = seededRandom(2);
const header = 24;
const whole = Uint8Array.from({ length: header + 3 * blockBytes + 777 }, () => random() * 256);
const body = whole.subarray(header);
const { checksums } = added(body, [1, 500, blockBytes, 12_345]);

function added(bytes: Uint8Array, lengths: readonly number[]): BlockChecksums {
  const made = new BlockChecksums(bytes.length, crc32);
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const length = lengths[i % lengths.length];
    made.add(bytes.subarray(start, start + length));
    start += length;
  }
  return made;
}

function readerOf(
  file: Uint8Array,
  onProgress?: (progress: Progress) => void,
  read: ByteSource['read'] = async (offset, length) => file.subarray(offset, offset + length),
): CheckedBlocks {
  return new CheckedBlocks(
    { byteLength: file.length, read },
    {
      first: header,
      bytes: file.length - header,
      checksums,
      crc32,
      damaged: (start, end) => new Error(`damaged ${start} ${end}`),
      task: { onProgress },
    },
  );
}

it('has the same checksums in whatever pieces bytes come', () => {
  expect(checksums).toHaveLength(4);
  expect(added(body, [body.length]).checksums).toEqual(checksums);
});

it('reads any range', async () => {
  const reader = readerOf(whole);
  const ranges = [
    [0, 5],
    [blockBytes - 3, 6],
    [7, 3 * blockBytes],
    [body.length - 1, 1],
    [9, 0],
  ];
  for (const [offset, length] of ranges) {
    const bytes = await reader.read(offset, length);
    expect(Buffer.compare(bytes, body.subarray(offset, offset + length))).toBe(0);
  }
});

it('hands on nothing of a block that is another than it was, and finds it when nobody reads it', async () => {
  const flipped = whole.slice();
  flipped[header + 2 * blockBytes + 5] ^= 8;
  const reader = readerOf(flipped);
  await reader.read(10, blockBytes);
  const damaged = `damaged ${2 * blockBytes} ${3 * blockBytes}`;
  await expect(reader.read(3 * blockBytes - 1, 1)).rejects.toThrow(damaged);
  await expect(readerOf(flipped).checkOthers()).rejects.toThrow(damaged);
  await readerOf(whole).checkOthers();
});

it('says how much was read, which only rises', async () => {
  const shares: number[] = [];
  const reader = readerOf(whole, ({ done, total }) => shares.push(done / total));
  for (const offset of [3 * blockBytes, 0, blockBytes, 0]) await reader.read(offset, 1);
  await reader.checkOthers();
  expect(shares).toEqual([0.25, 0.5, 0.75, 0.75, 1]);
});

it('tells whoever reads what failed, and nobody else', async () => {
  const reader = readerOf(whole, undefined, async (offset, length) => {
    if (offset > blockBytes) throw new Error('no disk');
    return whole.subarray(offset, offset + length);
  });
  await reader.read(0, 8);
  await expect(reader.read(blockBytes, 1)).rejects.toThrow('no disk');
});
