import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { link, lstat, open, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBytes } from './read-file.ts';

/** Lies in the folder while a save goes on. */
export const lockName = 'bitryoshka.lock';

/** A lock on its way out, after its owner was found dead. */
const discardedPattern = /^bitryoshka\.lock\.[0-9a-f]{16}$/;

/** How often owners show that they live. */
const beatMilliseconds = 1000;
/** How often others look. */
const lookMilliseconds = 20;
/** Owners that cannot be asked for are dead when they have shown nothing at so many looks: ten seconds. */
const silentLooks = 500;
const mostLockBytes = 4096;
/** What file systems say that have no hard links. */
const withoutLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'];

/** Who holds a lock. */
interface LockOwner {
  readonly token: string;
  readonly pid: number;
  /** Where `pid` means something. */
  readonly machine: string;
}

/** The only save of a folder, across processes, while it is held. */
export interface SnapshotLock {
  /** Whether nobody has taken it for dead meanwhile. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Waits until no other save of the folder goes on. Locks of owners that were killed are removed: at once where the
 * owner's process can be asked for, or else after ten seconds without a sign of life.
 *
 * @throws the signal's reason; errors of the file system as they are
 */
export async function lockSnapshot(
  directory: string,
  signal: AbortSignal | undefined,
): Promise<SnapshotLock> {
  const path = join(directory, lockName);
  const token = randomBytes(8).toString('hex');
  const owner: LockOwner = { token, pid: process.pid, machine: machine() };
  let seen = '';
  // Not by a clock, which goes on while this process and the owner, perhaps the same, stand still.
  let looks = 0;
  for (;;) {
    signal?.throwIfAborted();
    const current = await look(path);
    if (!current) {
      const handle = await create(path, owner);
      if (handle) return hold(path, handle, owner);
      continue;
    }
    looks = current.state === seen ? looks + 1 : 0;
    seen = current.state;
    if (looks > silentLooks || isDead(current.owner)) await discard(path, token, seen);
    else await sleep(lookMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether a file in the folder is what is left of a lock. */
export function isDiscardedLock(name: string): boolean {
  return discardedPattern.test(name);
}

/**
 * Complete at once, as a link: whoever is killed before it says whose it is would have to be waited for.
 *
 * @returns undefined when another was quicker
 */
async function create(path: string, owner: LockOwner): Promise<FileHandle | undefined> {
  const aside = `${path}.${owner.token}`;
  const handle = await open(aside, 'w');
  let isKept = false;
  try {
    await handle.writeFile(JSON.stringify(owner));
    await link(aside, path);
    isKept = true;
    return handle;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    // Whoever has the lock removes what lies about, this file among it.
    if (code === 'EEXIST' || code === 'ENOENT') return undefined;
    if (withoutLinks.includes(code)) return await createPlain(path, owner);
    throw cause;
  } finally {
    if (!isKept) await handle.close();
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

async function createPlain(path: string, owner: LockOwner): Promise<FileHandle | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'wx');
    await handle.writeFile(JSON.stringify(owner));
    return handle;
  } catch (cause) {
    if (!handle && (cause as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    await handle?.close();
    if (handle) await rm(path, { force: true });
    throw cause;
  }
}

function hold(path: string, handle: FileHandle, owner: LockOwner): SnapshotLock {
  const beat = setInterval(() => {
    const now = new Date();
    // By its handle: the path may be that of another lock by now.
    handle.utimes(now, now).catch(() => undefined);
  }, beatMilliseconds);
  beat.unref();
  const isHeld = async () => (await look(path))?.owner?.token === owner.token;
  return {
    isHeld,
    release: async () => {
      clearInterval(beat);
      // What cannot be removed is taken for dead by the next save.
      if (await isHeld()) await rm(path, { force: true }).catch(() => undefined);
      await handle.close().catch(() => undefined);
    },
  };
}

/** @returns undefined when there is no lock; `state` changes with every sign of life */
async function look(
  path: string,
): Promise<{ readonly owner: LockOwner | undefined; readonly state: string } | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return undefined;
  const text = await readBytes(path, mostLockBytes).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
  return { owner: parse(text), state: `${text} ${found.ino} ${found.mtimeMs}` };
}

function parse(text: string): LockOwner | undefined {
  try {
    const { token, pid, machine: where } = JSON.parse(text);
    const isOwner = typeof token === 'string' && Number.isSafeInteger(pid) && pid > 0;
    return isOwner && typeof where === 'string' ? { token, pid, machine: where } : undefined;
  } catch {
    // It is about to be written, or never will be.
    return undefined;
  }
}

/** Whether it is certain that the owner is gone. */
function isDead(owner: LockOwner | undefined): boolean {
  if (!owner || owner.machine !== machine()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Takes a dead lock away, and gives back what has taken its place meanwhile. */
async function discard(path: string, token: string, state: string): Promise<void> {
  const aside = `${path}.${token}`;
  try {
    await rename(path, aside);
  } catch {
    // Another save was quicker, or nothing may be removed here: then that of the lock fails next.
    return;
  }
  if ((await look(aside))?.state !== state) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true }).catch(() => undefined);
}

let thisMachine: string | undefined;

/** Process ids are compared where they mean the same: not with those of another boot or container. */
function machine(): string {
  thisMachine ??= [
    hostname(),
    textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    textOf(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ');
  return thisMachine;
}

/** Nothing where there is no such file. */
function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
