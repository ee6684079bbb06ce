import { seededRandom } from '@bitryoshka/core/internal';
import { describe, expect, it } from 'vitest';
import { losses, RecordedDisk } from './recorded-disk.suite.ts';

const everything = () => 0;
const nothing = (changes: number) => changes;
const open = (descriptor: number, path: string) =>
  ({ kind: 'open', descriptor, path, truncates: false }) as const;
const write = (offset: number, length: number, value: number) =>
  ({ kind: 'write', descriptor: 5, offset, bytes: Buffer.alloc(length, value) }) as const;
const sync = (descriptor: number) => ({ kind: 'sync', descriptor }) as const;

/** With a file whose name and first 2,048 bytes, ones, are synced. */
function diskWithFile(): RecordedDisk {
  const disk = new RecordedDisk('/f');
  for (const call of [open(4, '/f'), open(5, '/f/a'), write(0, 2048, 1), sync(5), sync(4)]) {
    disk.apply(call);
  }
  return disk;
}

describe('a recorded disk', () => {
  it('keeps what was synced', () => {
    const disk = diskWithFile();
    for (const call of [
      write(512, 3000, 2),
      { kind: 'truncate', descriptor: 5, size: 10 } as const,
    ]) {
      disk.apply(call);
    }
    disk.apply({ kind: 'unlink', path: '/f/a' });
    expect(disk.afterLoss(nothing).size).toBe(0);
    expect(disk.afterLoss(everything)).toEqual(new Map([['/f/a', Buffer.alloc(2048, 1)]]));
    disk.apply(sync(5));
    expect(disk.afterLoss(everything)).toEqual(new Map([['/f/a', Buffer.alloc(10, 1)]]));
    disk.apply(sync(4));
    expect(disk.afterLoss(everything).size).toBe(0);
  });

  it('has lost names that were not synced, however their files were', () => {
    const disk = diskWithFile();
    disk.apply(open(5, '/f/b'));
    for (const call of [write(0, 5, 3), sync(5)]) disk.apply(call);
    expect([...disk.afterLoss(everything).keys()]).toEqual(['/f/a']);
    disk.apply({ kind: 'rename', from: '/f/b', to: '/f/a' });
    disk.apply(sync(4));
    expect(disk.afterLoss(everything)).toEqual(new Map([['/f/a', Buffer.alloc(5, 3)]]));
  });

  it('has each sector, and the size, as at any moment since', () => {
    const disk = diskWithFile();
    for (const value of [2, 3]) disk.apply(write(100, 4096, value));
    const random = seededRandom(1);
    const [sectors, sizes] = [new Set<string>(), new Set<number>()];
    for (let i = 0; i < 300; i++) {
      const bytes = disk.afterLoss(losses['some of them']?.(random) ?? nothing).get('/f/a');
      if (!bytes) throw new Error('got no file');
      sizes.add(bytes.length);
      expect(new Set(bytes.subarray(0, 100))).toEqual(new Set([1]));
      for (let sector = 512; sector < 2048; sector += 512) {
        expect(new Set(bytes.subarray(sector, sector + 512)).size).toBe(1);
      }
      sectors.add([bytes[100], bytes[512], bytes[1024]].join());
    }
    expect(sizes).toEqual(new Set([2048, 4196]));
    expect(sectors.size).toBe(27);
  });

  it('is zeros where a file was made shorter, and grew again', () => {
    const disk = diskWithFile();
    disk.apply({ kind: 'truncate', descriptor: 5, size: 4 });
    disk.apply(write(8, 2, 2));
    expect(disk.afterLoss(nothing).get('/f/a')).toEqual(
      Buffer.from([1, 1, 1, 1, 0, 0, 0, 0, 2, 2]),
    );
  });
});
