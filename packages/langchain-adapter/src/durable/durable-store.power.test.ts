import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@bitryoshka/core/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { bundleProgram } from './bundled-program.suite.ts';
import type { RecordedCall } from './recorded-disk.suite.ts';
import { losses, RecordedDisk, recordedCalls } from './recorded-disk.suite.ts';
import { verifyStoreFile } from './recover-file.ts';
import { driver } from './sqlite-drivers.suite.ts';

/** Losses of power for each durability; more of them where time is no matter. */
const numLosses = Number(process.env.BITRYOSHKA_POWER_LOSSES ?? 60);
/** Of a text that makes a change too large for one transaction. */
const largeCopies = 3000;
/** Of the number that is the text of a document. */
const digits = 5;
/** Losses for which a program is run and recorded. */
const lossesPerRun = 500;

/** Calls are recorded by a library that is put before that of the system. */
const canRecord =
  process.platform === 'linux' &&
  spawnSync('cc', ['-fsyntax-only', '-x', 'c', '-'], {
    input: `#include <stdlib.h>
#if !defined(__GLIBC__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error
#endif
`,
  }).status === 0;

let folder: string;
const program = () => join(folder, 'change.mjs');
const library = () => join(folder, 'record-writes.so');

/** Changes a store over and over, and writes beside it what begins, and what is acknowledged. Then it is killed. */
const source = `
  import { openSync, writeSync } from 'node:fs';
  import { createRequire } from 'node:module';
  import { join } from 'node:path';
  import { seededRandom } from '@bitryoshka/core/internal';
  import { BinaryVectorStore } from '../store/binary-vector-store.ts';
  async function main() {
    const [, , folder, durability, seed, sqlite] = process.argv;
    const library = sqlite && createRequire(sqlite)('@photostructure/sqlite');
    const driver = library && ((path) => new library.DatabaseSync(path));
    const uniform = seededRandom(Number(seed));
    const random = (below) => Math.floor(below * uniform());
    const said = openSync(join(folder, 'said'), 'a');
    const say = (line) => writeSync(said, JSON.stringify(line) + '\\n');
    const options = { driver, durability, index: 'graph', quantizer: { kind: 'random', bits: 48 } };
    const open = () => BinaryVectorStore.open(join(folder, 'store.sqlite'), {}, options);
    let store = await open();
    for (let change = 1; change <= 70; change++) {
      const ids = Array.from(new Set(Array.from({ length: 1 + random(50) }, () => random(300))));
      const isDeletion = random(3) === 0;
      const [number, copies] = [10 ** ${digits - 1} + random(9 * 10 ** ${digits - 1}), random(4) === 0 ? ${largeCopies} : 1];
      say(isDeletion ? { ids } : { ids, number, copies });
      if (isDeletion) await store.delete({ ids: ids.map(String) });
      else await store.addVectors(
        ids.map((id) => Array.from({ length: 24 }, (_, j) => Math.sin((id + number) * (j + 1)))),
        ids.map((id) => ({ pageContent: String(number).repeat(copies), metadata: { id } })),
        { ids: ids.map(String) },
      );
      say('done');
      if (random(6) === 0) await store.settled();
      if (change % 24 === 0) {
        await store.close();
        store = await open();
      }
    }
    process.kill(process.pid, 'SIGKILL');
  }
  main();
`;

type Documents = ReadonlyMap<string, string>;

interface Change {
  readonly ids: readonly number[];
  /** Undefined for a deletion. */
  readonly number?: number;
  readonly copies?: number;
}

/** What a program has done. */
interface Run {
  readonly folder: string;
  readonly calls: readonly RecordedCall[];
  /** Documents before the first change, and after each. */
  readonly states: readonly Documents[];
  /** Before each call, and after the last, how many changes had begun, and how many of them were acknowledged. */
  readonly begun: readonly number[];
  readonly done: readonly number[];
}

function run(durability: string, seed: number): Run {
  const changed = mkdtempSync(join(folder, 'run-'));
  const record = `${changed}.record`;
  const sqlite = process.getBuiltinModule('node:sqlite') ? [] : [fileURLToPath(import.meta.url)];
  const { signal, stderr } = spawnSync(
    process.execPath,
    [program(), changed, durability, `${seed}`, ...sqlite],
    {
      env: { ...process.env, LD_PRELOAD: library(), RECORD_FOLDER: changed, RECORD_FILE: record },
      encoding: 'utf8',
    },
  );
  expect([signal, stderr]).toEqual(['SIGKILL', expect.not.stringContaining('Error')]);
  const calls = Array.from(recordedCalls(readFileSync(record)));
  rmSync(record);
  const states: Documents[] = [new Map()];
  const [begun, done]: [number[], number[]] = [[], []];
  let acknowledged = 0;
  let said: number | undefined;
  const note = () => {
    begun.push(states.length - 1);
    done.push(acknowledged);
  };
  for (const call of calls) {
    note();
    if (call.kind === 'open' && basename(call.path) === 'said') said = call.descriptor;
    if (call.kind !== 'write' || call.descriptor !== said) continue;
    const line = JSON.parse(call.bytes.toString()) as Change | 'done';
    if (line === 'done') acknowledged++;
    else states.push(changedBy(states.at(-1) as Documents, line));
  }
  note();
  return { folder: changed, calls, states, begun, done };
}

function changedBy(documents: Documents, { ids, number, copies = 1 }: Change): Documents {
  const after = new Map(documents);
  for (const id of ids) {
    if (number === undefined) after.delete(`${id}`);
    else after.set(`${id}`, `${number}`.repeat(copies));
  }
  return after;
}

/** Some of the calls: half of them of any kind, the others about those that a disk may have to wait for. */
function someCalls({ calls }: Run, wanted: number, random: () => number): number[] {
  const turns = Array.from(calls.keys()).filter((i) => calls[i]?.kind !== 'write');
  const any = () => Math.floor(random() * (calls.length + 1));
  const near = () =>
    (turns[Math.floor(random() * turns.length)] as number) + Math.floor(random() * 6) - 2;
  return Array.from({ length: wanted }, (_, i) => (i % 2 === 0 ? any() : near()))
    .map((at) => Math.min(calls.length, Math.max(0, at)))
    .sort((a, b) => a - b);
}

/** What processes have as memory, and make anew. */
const isShared = (path: string) => path.endsWith('-shm');

function areSame(a: Documents, b: Documents): boolean {
  return a.size === b.size && Array.from(a).every(([id, text]) => b.get(id) === text);
}

const documentsOf = (store: BinaryVectorStore): Documents =>
  new Map(Array.from(store.entries(), ([id, { pageContent }]) => [id, pageContent]));

const vectorOf = (id: number, number: number) =>
  Array.from({ length: 24 }, (_, j) => Math.sin((id + number) * (j + 1)));

/** Puts files where a store is opened from, and says which is the store. */
function writeKept(files: ReadonlyMap<string, Buffer>): string {
  const kept = join(folder, 'kept');
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept);
  for (const [path, bytes] of files) {
    if (!isShared(path)) writeFileSync(join(kept, basename(path)), bytes);
  }
  return join(kept, 'store.sqlite');
}

/** What a disk has kept. */
interface Kept {
  /** How many of the changes there are. */
  readonly state: number;
  readonly index: string;
}

/** @throws what is wrong with it */
async function openKept(file: string, { states }: Run, begun: number): Promise<Kept> {
  const store = await BinaryVectorStore.open(file, {} as never, { driver });
  try {
    const documents = documentsOf(store);
    const state = states
      .slice(0, begun + 1)
      .findLastIndex((expected) => areSame(documents, expected));
    if (state < 0) throw new Error(`got ${documents.size} documents that there never were`);
    const [found] = documents;
    if (found) {
      const [id, text] = found;
      const number = Number(text.slice(0, digits));
      const [best] = await store.similaritySearchVectorWithScore(vectorOf(Number(id), number), 1);
      expect(best?.[0].id).toBe(id);
    }
    return { state, index: store.stats().index };
  } finally {
    await store.close();
  }
}

/** Changes a store that has lost what it has, and opens it once more. */
async function expectToGoOn(file: string, documents: Documents): Promise<void> {
  const store = await BinaryVectorStore.open(file, {} as never, { driver });
  const [first = ''] = documents.keys();
  await store.delete({ ids: [first] });
  await store.addVectors([vectorOf(0, 1)], [{ pageContent: '1', metadata: {} }], { ids: ['new'] });
  await store.settled();
  await store.close();
  const again = await BinaryVectorStore.open(file, {} as never, { driver });
  const after = new Map(documents).set('new', '1');
  after.delete(first);
  expect(areSame(documentsOf(again), after)).toBe(true);
  await again.close();
}

describe.skipIf(!canRecord)(
  'a store whose disk loses power (needs Linux with glibc, and cc)',
  () => {
    beforeAll(async () => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'bitryoshka-power-')));
      const code = fileURLToPath(new URL('./fixtures/record-writes.c', import.meta.url));
      execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library(), code, '-ldl'], {
        stdio: 'pipe',
      });
      await bundleProgram(source, program());
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('is recorded as it lies on the disk', () => {
      const { folder: changed, calls } = run('full', 1);
      const disk = new RecordedDisk(changed);
      for (const call of calls) disk.apply(call);
      const files = disk.afterLoss((changes) => changes);
      expect(files.size).toBeGreaterThan(3);
      for (const [path, bytes] of files) {
        if (!isShared(path)) expect(readFileSync(path).equals(bytes), path).toBe(true);
      }
    });

    it.each(['full', 'normal'] as const)(
      'has what was acknowledged, as far as durability says: %s',
      async (durability) => {
        const kinds = Object.entries(losses);
        const tally = { losses: 0, behind: 0, graphs: 0 };
        for (let seed = 1; tally.losses < numLosses; seed++) {
          const ran = run(durability, seed);
          const random = seededRandom(seed);
          const disk = new RecordedDisk(ran.folder);
          let applied = 0;
          const wanted = Math.min(lossesPerRun, numLosses - tally.losses);
          for (const end of someCalls(ran, wanted, random)) {
            while (applied < end) disk.apply(ran.calls[applied++] as RecordedCall);
            const [kind, lose] = kinds[tally.losses++ % kinds.length] as (typeof kinds)[number];
            const [begun, done] = [ran.begun[end] as number, ran.done[end] as number];
            try {
              const file = writeKept(disk.afterLoss(lose(random)));
              const { state, index } = await openKept(file, ran, begun);
              if (durability === 'full' || kind === 'nothing') {
                expect(state).toBeGreaterThanOrEqual(done);
              }
              if (state < done) tally.behind++;
              if (index === 'graph') tally.graphs++;
              const { isWhole, problems } = await verifyStoreFile(file, { driver });
              expect([isWhole, problems]).toEqual([true, []]);
              if (tally.losses % 8 === 0) await expectToGoOn(file, ran.states[state] as Documents);
            } catch (cause) {
              const where = `run ${seed}, call ${end}, after ${done} changes, lost: ${kind}`;
              throw new Error(where, { cause });
            }
          }
          rmSync(ran.folder, { recursive: true });
        }
        expect(tally.graphs).toBeGreaterThan(0);
        // So disks lose something indeed.
        if (durability === 'normal') expect(tally.behind).toBeGreaterThan(0);
      },
      600_000,
    );
  },
);
