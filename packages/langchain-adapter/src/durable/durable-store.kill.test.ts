import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@bitryoshka/core/internal';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { bundleProgram } from './bundled-program.suite.ts';
import { driver } from './sqlite-drivers.suite.ts';

/** More of them where time is no matter. */
const kills = Number(process.env.BITRYOSHKA_KILLS ?? 15);
const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-kill-'));
const program = join(folder, 'change.mjs');
const file = join(folder, 'store.sqlite');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Changes a store over and over, and says of each change that it begins, and that it is acknowledged. */
const source = `
  import { createRequire } from 'node:module';
  import { seededRandom } from '@bitryoshka/core/internal';
  import { BinaryVectorStore } from '../store/binary-vector-store.ts';
  async function main() {
    const [, , file, seed, sqlite] = process.argv;
    const library = sqlite && createRequire(sqlite)('@photostructure/sqlite');
    const driver = library && ((path) => new library.DatabaseSync(path));
    const uniform = seededRandom(Number(seed));
    const random = (below) => Math.floor(below * uniform());
    const vector = (id) => Array.from({ length: 24 }, (_, j) => Math.sin(id * (j + 1)));
    const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
    const store = await BinaryVectorStore.open(file, {}, { driver, index: 'graph', quantizer: { kind: 'random', bits: 48 } });
    // So that there are codes and a graph: later there may be no time for them.
    if (store.stats().count > 100) await store.settled();
    say('open');
    for (;;) {
      const ids = Array.from(new Set(Array.from({ length: 1 + random(60) }, () => String(random(600)))));
      const isDeletion = random(3) === 0;
      const text = String(random(1e9));
      say({ ids, text: isDeletion ? undefined : text });
      if (isDeletion) await store.delete({ ids });
      else await store.addVectors(ids.map((id) => vector(Number(id))), ids.map((id) => ({ pageContent: text, metadata: { id } })), { ids });
      say('done');
      if (random(8) === 0) await store.settled();
      if (random(20) === 0) await store.compact();
    }
  }
  main();
`;

beforeAll(() => bundleProgram(source, program));

interface Change {
  readonly ids: readonly string[];
  /** Undefined for a deletion. */
  readonly text?: string;
}

it('holds every change that was acknowledged, and none in part, whenever its process is killed', async () => {
  const random = seededRandom(11);
  let texts = new Map<string, string>();
  let [acknowledged, halves, graphs] = [0, 0, 0];
  const sqlite = process.getBuiltinModule('node:sqlite') ? [] : [fileURLToPath(import.meta.url)];
  for (let kill = 0; kill < kills; kill++) {
    const child = spawn(process.execPath, [program, file, `${kill + 1}`, ...sqlite], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    let failure = '';
    child.stderr.on('data', (data) => {
      failure += data;
    });
    let pending: Change | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      // What the kill has cut off was not said.
      if (!/["}]$/.test(line)) continue;
      const said = JSON.parse(line) as Change | string;
      if (said === 'open') setTimeout(() => child.kill('SIGKILL'), 200 * random());
      else if (said === 'done') {
        texts = changed(texts, pending as Change);
        pending = undefined;
        acknowledged++;
      } else pending = said as Change;
    }
    await exited;
    expect(failure).not.toMatch(/Error/);
    const store = await BinaryVectorStore.open(file, {} as never, { driver });
    const found = new Map(
      Array.from(store.entries(), ([id, { pageContent }]) => [id, pageContent]),
    );
    // What was begun may have happened, all of it.
    const next = pending ? changed(texts, pending) : texts;
    const isNext = pending && sorted(found) === sorted(next);
    if (isNext) halves++;
    expect(sorted(found)).toBe(sorted(isNext ? next : texts));
    texts = found;
    const [first] = found.keys();
    if (first !== undefined) {
      const vector = Array.from({ length: 24 }, (_, j) => Math.sin(Number(first) * (j + 1)));
      const [best] = await store.similaritySearchVectorWithScore(vector, 1);
      expect(best?.[0].id).toBe(first);
    }
    if (store.stats().index === 'graph') graphs++;
    await store.close();
  }
  expect(graphs).toBeGreaterThan(0);
  expect(acknowledged).toBeGreaterThan(kills);
  expect(halves).toBeLessThan(kills);
}, 600_000);

function changed(texts: ReadonlyMap<string, string>, { ids, text }: Change): Map<string, string> {
  const after = new Map(texts);
  for (const id of ids) {
    if (text === undefined) after.delete(id);
    else after.set(id, text);
  }
  return after;
}

function sorted(texts: ReadonlyMap<string, string>): string {
  return JSON.stringify([...texts].sort(([a], [b]) => Number(a) - Number(b)));
}
