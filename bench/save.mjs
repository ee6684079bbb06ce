// A graph to a file and back: seconds beside those of the same bytes alone, and the same answers.
// Usage: node --expose-gc save.mjs [ROWS], by default 1,000,000 of 256 dimensions as float16: texts by the bundled model
// where ../shared has them (kept in .cache), random elsewhere.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryIndex, fitQuantizer, graph } from '@bitryoshka/core';
import { linkInThread, loadIndexFile, saveIndexFile } from '@bitryoshka/core/node';
import { generator, normals } from './generator.mjs';
import { residentMegabytes, rowsOf, secondsOf } from './measure-searches.mjs';
import { hasTexts, textVectors } from './real-vectors.mjs';
import { printTable } from './write-table.mjs';

const rows = Number(process.argv[2] ?? 1_000_000);
const questionCount = 300;
/** What is written or read at a time where bytes alone are. */
const blockBytes = 1 << 20;

const { dimensions, vectors, queries } = hasTexts
  ? await textVectors({ rows, queries: questionCount })
  : randomVectors(256);
const asked = rowsOf({ data: queries }, dimensions);
const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-save-'));
try {
  await compare(join(folder, 'index'), join(folder, 'bytes'));
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(file, bytesFile) {
  const before = residentMegabytes();
  const matrix = { rows, columns: dimensions, data: vectors };
  const quantizer = await fitQuantizer(matrix, {
    kind: 'random',
    bits: 512,
    decoder: false,
    sampleSize: 1000,
  });
  const index = new BinaryIndex({ quantizer, storage: 'float16' });
  const add = await secondsOf(() => index.addAsync(matrix));
  const link = await secondsOf(() => index.attach(graph({ linker: linkInThread })));
  const built = residentMegabytes() - before;
  const expected = answersOf(index);

  const save = await secondsOf(() => saveIndexFile(index, file));
  const bytes = statSync(file).size;
  let loaded;
  const load = await secondsOf(async () => {
    loaded = await loadIndexFile(file);
  });
  const found = answersOf(loaded);
  if (found !== expected) throw new Error('The index that was loaded has other answers.');
  const write = await secondsOf(() => writePieces(bytesFile, zeros(bytes)));
  const read = await secondsOf(() => readAll(bytesFile));

  const megabytes = bytes / 1e6;
  const line = (name, seconds, alone) => [
    name,
    seconds.toFixed(1),
    alone ? (megabytes / seconds).toFixed(0) : '',
    alone ? (seconds / alone).toFixed(1) : '',
  ];
  printTable(
    [`${rows} x ${dimensions}`, 's', 'MB a second', 'of the bytes alone'],
    [
      line('add', add),
      line('link', link),
      line('save', save, write),
      line('load', load, read),
      line('write the bytes alone', write, write),
      line('read the bytes alone', read, read),
    ],
  );
  console.log(
    `${megabytes.toFixed(0)} MB on disk, ${built.toFixed(0)} MB resident; ` +
      `${asked.length} questions have the same answers before and after`,
  );
}

function answersOf(index) {
  return JSON.stringify(asked.map((query) => index.search(query, { k: 10 })));
}

async function writePieces(file, pieces) {
  const handle = await open(file, 'w');
  try {
    for (const piece of pieces) {
      for (let start = 0; start < piece.length; ) {
        start += (await handle.write(piece, start)).bytesWritten;
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readAll(file) {
  const handle = await open(file);
  const buffer = new Uint8Array(blockBytes);
  while ((await handle.read(buffer, 0, blockBytes)).bytesRead > 0);
  await handle.close();
}

function* zeros(bytes) {
  const block = new Uint8Array(blockBytes);
  for (let done = 0; done < bytes; done += blockBytes) {
    yield block.subarray(0, Math.min(blockBytes, bytes - done));
  }
}

function randomVectors(columns) {
  const normal = normals(generator(1));
  const draw = (count) =>
    Float32Array.from(
      { length: count * columns },
      (_, p) => normal() / Math.sqrt(1 + (p % columns)),
    );
  return { dimensions: columns, vectors: draw(rows), queries: draw(questionCount) };
}
