// `AutoIndex` by default beside the best that exact search, a scan of codes and a graph do by hand, at four sizes.
// Vectors of 256 dimensions are texts by the bundled model; those of 1,024 are MiniLM's 384, turned by a fixed random
// orthonormal map (a million of them: passages over and over, a little moved). Questions are real; those that are
// measured are others than those that the index learns from.
// Usage: node auto.mjs [--write] [--dimensions 256] [SIZE ...]. Default: both dimensions; 1000 5000 20000 100000.
// Each line is measured in a process of its own. --write puts the lines into docs/benchmarks.md.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  AutoIndex,
  applyAffineMap,
  BinaryIndex,
  ExactIndex,
  fitQuantizer,
  graph,
} from '@bitryoshka/core';
import { linkInThread } from '@bitryoshka/core/node';
import {
  heldApart,
  medianTimes,
  recallOf,
  residentMegabytes,
  rowsOf,
  secondsOf,
} from './measure-searches.mjs';
import { orthonormalColumns } from './orthonormal-columns.mjs';
import { hasPassages, hasTexts, passageVectors, textVectors } from './real-vectors.mjs';
import { printTable, writeTable } from './write-table.mjs';

const k = 10;
const targetRecall = 0.98;
/** Of three questions, one is asked before, for the index to learn how far to look; the others are measured. */
const questionCounts = { texts: 1200, passages: 675 };
/** Vectors that are added at a time. */
const blockRows = 10_000;
const turnedDimensions = 1024;
const sources = {
  256: { isThere: hasTexts, read: texts },
  [turnedDimensions]: { isThere: hasPassages, read: turnedPassages },
};
/** Cheapest first. */
const scanDepths = [
  [100, 100],
  [200, 100],
  [300, 100],
  [400, 120],
  [700, 150],
  [1000, 200],
  [2000, 300],
  [4000, 400],
  [8000, 800],
].map(([candidates, rerank]) => ({ candidates, rerank }));
const walkDepths = [
  30, 40, 50, 60, 70, 80, 100, 120, 150, 180, 220, 270, 330, 400, 500, 700, 1000,
].map((rerank) => ({ efSearch: rerank, rerank }));
const head = [
  'dimensions',
  'rows',
  'auto is',
  'recall@10',
  'ms',
  'exact ms',
  'scan ms',
  'graph ms',
  'auto / best',
  'add s',
  'settle s',
  'learn s',
  'MB by sizes',
  'MB resident',
];

const { values, positionals } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    dimensions: { type: 'string', multiple: true },
    measure: { type: 'boolean', default: false },
    most: { type: 'string' },
  },
  allowPositionals: true,
});
const sizes = (positionals.length > 0 ? positionals : [1000, 5000, 20_000, 100_000]).map(Number);
const wanted = (values.dimensions ?? Object.keys(sources)).map(Number);

if (values.measure) {
  console.log(JSON.stringify(await measure(wanted[0], sizes[0], Number(values.most))));
} else {
  await compare();
}

async function compare() {
  const lines = [];
  for (const dimensions of wanted) {
    if (!sources[dimensions].isThere) {
      console.log(`${dimensions} dimensions skipped: ../shared is missing.`);
      continue;
    }
    // Embedded once, for all sizes.
    if (dimensions === 256) await texts(Math.max(...sizes), Math.max(...sizes));
    for (const rows of sizes) lines.push(inProcess(dimensions, rows));
  }
  printTable(head, lines);
  if (values.write) writeTable('auto', head, lines, { keys: 2 });
}

function inProcess(dimensions, rows) {
  const script = fileURLToPath(import.meta.url);
  const given = ['--measure', '--dimensions', dimensions, '--most', Math.max(...sizes), rows];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--max-old-space-size=8192', script, ...given.map(String)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const line = JSON.parse(stdout.trim().split('\n').at(-1));
  console.log(line.join('  '));
  return line;
}

/** One line of the table. */
async function measure(dimensions, rows, most) {
  const { blocks, queries: all } = await sources[dimensions].read(rows, most);
  const { asked, queries } = heldApart(all, 3);
  const before = residentMegabytes();
  const auto = new AutoIndex({ dimensions, linker: linkInThread });
  const add = await secondsOf(async () => {
    for (const block of blocks()) await auto.addAsync(block);
  });
  const settle = await secondsOf(() => auto.settled());
  for (const query of asked) auto.search(query, { k });
  const learn = await secondsOf(() => auto.settled());
  const resident = residentMegabytes() - before;

  // The others read the same vectors.
  const { vectors } = auto;
  const exact = new ExactIndex(dimensions, vectors);
  const truth = queries.map((query) => numbersOf(exact.search(query, { k })));
  const found = queries.map((query) => numbersOf(auto.search(query, { k })));
  const recall = recallOf(found, truth);
  const quantizer = auto.quantizer ?? (await defaultQuantizer(vectors, dimensions));
  const scanned = new BinaryIndex({ quantizer, vectors });
  const walked = new BinaryIndex({ quantizer, vectors, codes: scanned.codes() });
  await walked.attach(graph({ linker: linkInThread }));
  const least = Math.min(recall, targetRecall);
  const scanDepth = cheapest(scanned, scanDepths, { queries, truth, least });
  const walkDepth = cheapest(walked, walkDepths, { queries, truth, least });
  const [ofAuto, ...others] = await medianTimes(queries, [
    (query) => auto.search(query, { k }),
    (query) => exact.search(query, { k }),
    scanDepth && ((query) => scanned.search(query, { k, ...scanDepth })),
    walkDepth && ((query) => walked.search(query, { k, ...walkDepth })),
  ]);
  const best = Math.min(...others.filter((time) => time !== undefined));
  return [
    dimensions,
    rows,
    kindOf(auto),
    recall.toFixed(3),
    ofAuto.toFixed(3),
    ...others.map((time) => time?.toFixed(3) ?? '–'),
    (ofAuto / best).toFixed(2),
    add.toFixed(1),
    settle.toFixed(1),
    learn.toFixed(1),
    (bytesBySizes(auto) / 1e6).toFixed(0),
    resident.toFixed(0),
  ];
}

/** The first of the depths that finds enough; undefined where none does. */
function cheapest(index, depths, { queries, truth, least }) {
  return depths.find((depth) => {
    const found = queries.map((query) => numbersOf(index.search(query, { k, ...depth })));
    return recallOf(found, truth) >= least;
  });
}

function kindOf({ finder, depth }) {
  if (finder === 'exact') return finder;
  const { candidates, efSearch, rerank } = depth;
  return `${finder} ${efSearch ?? `${candidates}, ${rerank}`}`;
}

/** Vectors and codes; of a graph codes once more, and twice M links of four bytes. */
function bytesBySizes({ rows, bytesPerVector, quantizer, finder }) {
  const code = (quantizer?.bits ?? 0) / 8;
  return rows * (bytesPerVector + code + (finder === 'graph' ? code + 2 * 20 * 4 : 0));
}

function defaultQuantizer(vectors, dimensions) {
  const bits = Math.min(512, 8 * dimensions);
  const [sample] = vectors.blocks();
  return fitQuantizer(sample, { kind: 'random', bits, decoder: false });
}

async function texts(rows, most) {
  const { dimensions, vectors, queries } = await textVectors({
    rows: most,
    queries: questionCounts.texts,
  });
  // Every n-th, so that all sources are represented.
  const step = Math.floor(most / rows);
  function* blocks() {
    for (let start = 0; start < rows; start += blockRows) {
      const count = Math.min(blockRows, rows - start);
      const data = new Float32Array(count * dimensions);
      for (let i = 0; i < count; i++) {
        const from = (start + i) * step * dimensions;
        data.set(vectors.subarray(from, from + dimensions), i * dimensions);
      }
      yield { rows: count, columns: dimensions, data };
    }
  }
  return { blocks, queries: rowsOf({ data: queries }, dimensions) };
}

function turnedPassages(rows) {
  const { dimensions, vectors, queries } = passageVectors({
    rows,
    queries: questionCounts.passages,
  });
  const weights = orthonormalColumns(turnedDimensions, dimensions);
  const bias = new Float32Array(turnedDimensions);
  const turn = (data) =>
    applyAffineMap(
      { weights, bias, inputDimensions: dimensions },
      { rows: data.length / dimensions, columns: dimensions, data },
    );
  function* blocks() {
    for (let start = 0; start < rows; start += blockRows) {
      const end = Math.min(rows, start + blockRows);
      yield turn(vectors.subarray(start * dimensions, end * dimensions));
    }
  }
  return { blocks, queries: rowsOf(turn(queries), turnedDimensions) };
}

function numbersOf(found) {
  return found.map(({ row }) => row);
}
