// Codes in two parts beside codes of bits, at equal bytes, on passages and real questions: what is found, and how fast.
//
//   node bench/two-part.mjs [bytes,bytes,…]   (needs ../shared)
import { BinaryIndex, ExactIndex, fitQuantizer } from '@bitryoshka/core';
import { median, recallOf, rowsOf } from './measure-searches.mjs';
import { hasPassages, passageVectors } from './real-vectors.mjs';
import { printTable } from './write-table.mjs';

const rows = 100_000;
const learned = 40_000;
const depths = [0, 40, 100, 200];
const k = 10;
/** Codes, without the byte for the length of what they are decoded to. */
const codeBytes = (process.argv[2] ?? '8,16,32').split(',').map(Number);
const kinds = (process.argv[3] ?? 'residual,autoencoder').split(',');

if (!hasPassages) {
  console.error('two-part: got no passages, expected them in ../shared/vectors.');
  process.exit(1);
}
const { vectors, queries, dimensions } = passageVectors({ rows, queries: 600 });
const documents = { rows, columns: dimensions, data: vectors };
const questions = rowsOf({ data: queries }, dimensions);
const exact = new ExactIndex(dimensions);
exact.add(documents);
const wanted = questions.map((query) => exact.search(query, { k }).map(({ row }) => row));

const table = [];
for (const bytes of codeBytes) {
  for (const kind of kinds) {
    const options = { kind, bits: 8 * bytes, sampleSize: learned };
    const fit = processorSeconds();
    const quantizer = await fitQuantizer(documents, options);
    const fitSeconds = fit();
    const index = new BinaryIndex({ quantizer });
    const encode = processorSeconds();
    index.add(documents);
    const encoded = Math.round(rows / encode());
    const parts =
      quantizer.firstBits === undefined
        ? `${quantizer.bits} bits`
        : `${quantizer.firstBits} bits + ${(quantizer.bits - quantizer.firstBits) / 8} bytes`;
    const all = depths.map((rerank) => ask(index, { rerank, candidates: rows }).recall.toFixed(3));
    const searched = depths.map((rerank) => ask(index, { rerank }));
    table.push([
      bytes + 1,
      kind,
      parts,
      all.join(' '),
      searched.map(({ recall }) => recall.toFixed(3)).join(' '),
      searched.map(({ ms }) => ms.toFixed(2)).join(' '),
      fitSeconds.toFixed(0),
      encoded,
    ]);
  }
}
printTable(
  [
    'bytes',
    'kind',
    'code',
    `recall of ${k}, all rows scored, re-ranking ${depths.join(' / ')}`,
    'by a search',
    'ms',
    'fit s',
    'encoded a second',
  ],
  table,
);

/** What is found, and the median time of a question, of which the best of two rounds counts. */
function ask(index, depth) {
  const times = questions.map(() => Infinity);
  let found = [];
  for (let round = 0; round < 2; round++) {
    found = questions.map((query, i) => {
      const start = performance.now();
      const hits = index.search(query, { k, ...depth });
      times[i] = Math.min(times[i], performance.now() - start);
      return hits.map(({ row }) => row);
    });
  }
  return { recall: recallOf(found, wanted), ms: median(times) };
}

function processorSeconds() {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}
