import { spawnSync } from 'node:child_process';
import { link, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SnapshotLock } from './snapshot-lock.ts';
import { lockName, lockSnapshot } from './snapshot-lock.ts';

/** Ten seconds of looking are few here. */
let looks = 0;
let onLook: (() => Promise<unknown>) | undefined;
vi.mock('node:timers/promises', () => ({
  setTimeout: async () => {
    looks++;
    await onLook?.();
    await new Promise((resolve) => setImmediate(resolve));
  },
}));
/** As where there are no hard links. */
let hasLinks = true;
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const without = Object.assign(new Error('no links'), { code: 'EPERM' });
  return {
    ...original,
    link: (from: string, to: string) =>
      hasLinks ? original.link(from, to) : Promise.reject(without),
  };
});

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-lock-'));
  path = join(directory, lockName);
  looks = 0;
});
afterEach(async () => {
  onLook = undefined;
  hasLinks = true;
  await rm(directory, { recursive: true });
});

const lock = (signal?: AbortSignal) => lockSnapshot(directory, signal);
async function ownerOf(held: SnapshotLock): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8');
  await held.release();
  return JSON.parse(text);
}

it.each([true, false])('is held by one at a time (hard links: %s)', async (links) => {
  hasLinks = links;
  let holders = 0;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const held = await lock();
      expect(++holders).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(await held.isHeld()).toBe(true);
      holders--;
      await held.release();
    }),
  );
  expect(await readdir(directory)).toEqual([]);
});

it('is taken at once from an owner that is gone', async () => {
  const owner = await ownerOf(await lock());
  const { pid } = spawnSync(process.execPath, ['--version']);
  await writeFile(path, JSON.stringify({ ...owner, token: 'gone', pid }));
  const held = await lock();
  expect(looks).toBe(0);
  expect(await held.isHeld()).toBe(true);
  await held.release();
  expect(await readdir(directory)).toEqual([]);
});

it('waits for an owner that shows life, and stops waiting when it is aborted', async () => {
  const held = await lock();
  onLook = async () => {
    if (looks % 100 === 0) await utimes(path, looks, looks);
    if (looks === 2000) controller.abort(new Error('enough'));
  };
  const controller = new AbortController();
  await expect(lock(controller.signal)).rejects.toThrow('enough');
  expect(await held.isHeld()).toBe(true);
  await held.release();
});

it.each([
  ['of another machine', (owner: object) => JSON.stringify({ ...owner, machine: 'other' })],
  ['without an owner', () => ''],
  ['with an owner that is none', () => '{"token":1,"pid":-1}'],
])('is taken after a while from a silent owner %s', async (_, textOf) => {
  await writeFile(path, textOf(await ownerOf(await lock())));
  const held = await lock();
  expect(looks).toBeGreaterThan(100);
  expect(await held.isHeld()).toBe(true);
  await held.release();
  expect(await readdir(directory)).toEqual([]);
});

it('is lost by an owner that was taken for dead, which is told', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const silent = await lock();
  const other = await lock();
  vi.useRealTimers();
  expect(looks).toBeGreaterThan(100);
  expect([await silent.isHeld(), await other.isHeld()]).toEqual([false, true]);
  await silent.release();
  expect(await other.isHeld()).toBe(true);
  await other.release();
});

it.skipIf(process.platform === 'win32')('may be a link into nowhere, or a pipe', async () => {
  await symlink(path, path);
  await (await lock()).release();
  spawnSync('sh', ['-c', 'mkfifo "$0"', path]);
  await (await lock()).release();
  expect(await readdir(directory)).toEqual([]);
});

it('of an owner that is gone is taken by several, one after the other', async () => {
  const owner = await ownerOf(await lock());
  const { pid } = spawnSync(process.execPath, ['--version']);
  const dead = join(directory, 'dead');
  await writeFile(dead, JSON.stringify({ ...owner, pid }));
  await link(dead, path);
  const holders = await Promise.all(
    [1, 2, 3].map(async () => {
      const held = await lock();
      const isHeld = await held.isHeld();
      await held.release();
      return isHeld;
    }),
  );
  expect(holders).toEqual([true, true, true]);
});
