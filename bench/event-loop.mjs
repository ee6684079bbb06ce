// How long the event loop stands still at most while a store does its longest work: the longest time between two
// ticks of a timer of 1 ms, beside that of an idle process in the same seconds.
// Usage: node event-loop.mjs [ROWS], by default 100,000; half as many are fitted. Vectors are real ones where ../shared
// has them, random elsewhere.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fitQuantizerInThread } from '@bitryoshka/core/node';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { generator, normals } from './generator.mjs';
import { rowsOf } from './measure-searches.mjs';
import { hasPassages, passageVectors } from './real-vectors.mjs';
import { printTable } from './write-table.mjs';

const recipe = { kind: 'autoencoder', bits: 256 };

if (process.argv[2] === 'idle') idle();
else await compare(Number(process.argv[2] ?? 100_000));

async function compare(rows) {
  const { dimensions, vectors } = hasPassages
    ? passageVectors({ rows, queries: 3 })
    : randomVectors(rows, 384);
  const matrixOf = (count) => ({
    rows: count,
    columns: dimensions,
    data: vectors.subarray(0, count * dimensions),
  });
  const documents = Array.from({ length: rows }, (_, i) => ({
    pageContent: `passage ${i}`,
    metadata: { i },
  }));
  // As embeddings return them.
  let lists = rowsOf({ data: vectors }, dimensions).map((vector) => Array.from(vector));
  const half = Math.floor(rows / 2);
  const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-event-loop-'));
  const lines = [];
  const watch = async (name, task) => lines.push([name, ...(await longestBlock(task))]);
  try {
    // Never adapts, so that nothing else goes on meanwhile.
    await watch(`add ${rows} (a matrix)`, () =>
      new BinaryVectorStore({}, { index: 'exact' }).addVectors(matrixOf(rows), documents),
    );
    const store = new BinaryVectorStore({});
    await watch(`add ${rows} (number[][])`, () => store.addVectors(lists, documents));
    lists = [];
    await watch(`codes and links of ${rows}, in the background`, () => store.settled());
    await watch(`save ${rows}`, () => store.save(folder));
    await watch(`load ${rows}`, () => BinaryVectorStore.load(folder, {}));

    await watch(`fitQuantizerInThread, ${recipe.kind} of ${half}`, () =>
      fitQuantizerInThread(matrixOf(half), recipe),
    );
    const fitted = new BinaryVectorStore({}, { index: 'scan' });
    await fitted.addVectors(matrixOf(half), documents.slice(0, half));
    await fitted.settled();
    await watch(`store.fit, ${recipe.kind} of ${half}`, () => fitted.fit({ quantizer: recipe }));
  } finally {
    rmSync(folder, { recursive: true });
  }
  printTable(['while', 's', 'longest block, ms', 'of an idle process, ms'], lines);
}

/** Seconds, and milliseconds of the longest block here and in an idle process. */
async function longestBlock(task) {
  const other = fork(fileURLToPath(import.meta.url), ['idle']);
  await new Promise((resolve) => other.once('message', resolve));
  const own = watchTicks();
  const start = performance.now();
  await task();
  const seconds = (performance.now() - start) / 1000;
  const longest = await own.stop();
  const answer = new Promise((resolve) => other.once('message', resolve));
  other.send('stop');
  const idleLongest = await answer;
  return [seconds.toFixed(1), longest.toFixed(1), idleLongest.toFixed(1)];
}

function idle() {
  const ticks = watchTicks();
  process.once('message', async () => {
    const longest = await ticks.stop();
    process.send(longest, () => process.disconnect());
  });
  process.send('ready');
}

function watchTicks() {
  let last = performance.now();
  let longest = 0;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(tick, 1);
  return {
    /** After one more tick, so that what ends with a block counts. */
    async stop() {
      await new Promise((resolve) => setTimeout(resolve, 5));
      clearInterval(timer);
      return longest;
    },
  };
}

function randomVectors(rows, dimensions) {
  const normal = normals(generator(1));
  return { dimensions, vectors: Float32Array.from({ length: rows * dimensions }, normal) };
}
