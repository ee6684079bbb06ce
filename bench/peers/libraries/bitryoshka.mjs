import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryIndex, fitQuantizer } from '../../../packages/core/dist/index.js';

/** How many rows the bit scan hands on, and how many of them are scored with their vectors. */
const depths = [
  [150, 40],
  [250, 50],
  [300, 60],
  [400, 80],
  [500, 80],
  [500, 100],
  [700, 100],
  [1000, 100],
  [1000, 150],
  [1500, 150],
  [1500, 200],
  [2000, 200],
  [3000, 300],
  [5000, 500],
  [10000, 500],
  [15000, 1000],
];
/** The same behind a scan of prefixes: rows that it hands on, and how many are scored with their vectors. */
const funnels = [
  [150, 40],
  [250, 60],
  [400, 80],
  [500, 100],
  [600, 120],
  [700, 120],
  [1000, 120],
  [1000, 150],
  [1500, 180],
  [1500, 200],
  [2000, 200],
  [2000, 250],
  [3000, 300],
  [5000, 500],
  [10000, 1000],
];
/** Vectors that are encoded at a time. */
const blockRows = 2000;

export const settings = funnels.map(([prefixes, rerank]) => ({
  name: `${prefixes} by prefixes, ${rerank} by vectors`,
  prefixes,
  queryDigits: 4,
  rerank,
}));

/** Settings of an index without prefixes. */
export const scanSettings = depths.map(([candidates, rerank]) => ({
  name: `${candidates} by bits, ${rerank} by vectors`,
  candidates,
  rerank,
}));

/** A bit for every dimension, of which the first half stands for the leading components. */
export const build = (given) => buildIndex(given, nestedCodes(given));

export function nestedCodes({ dimensions }) {
  const half = Math.floor(dimensions / 16) * 8;
  return { kind: 'itq', bits: 2 * half, rotation: { nested: [half] } };
}

export async function buildIndex(given, { kind, bits, rotation, storage }) {
  const { dimensions, rows, folder } = given;
  const quantizer = await fitQuantizer(blockOf(given, 0, rows), {
    kind,
    bits: Math.min(bits, dimensions),
    rotation,
    decoder: false,
    sampleSize: 5000,
  });
  const index = new BinaryIndex({
    quantizer,
    storage,
    prefixBits: rotation?.nested[0],
  });
  for (let start = 0; start < rows; start += blockRows) {
    index.add(blockOf(given, start, Math.min(rows, start + blockRows)));
  }
  return {
    prepare:
      ({ prefixes, queryDigits, candidates, rerank }) =>
      (query, k) =>
        index.search(query, { k, prefixes, queryDigits, candidates, rerank }).map(({ row }) => row),
    write: () => writeIndex(folder, quantizer, rows, index.bytesPerVector),
  };
}

export function blockOf({ vectors, dimensions }, start, end) {
  return {
    rows: end - start,
    columns: dimensions,
    data: vectors.subarray(start * dimensions, end * dimensions),
  };
}

/** As many bytes as are read back when a program starts: codes, and vectors as they are kept. */
export function writeIndex(folder, quantizer, rows, bytesPerVector) {
  writeFileSync(join(folder, 'quantizer'), quantizer.save());
  const codes = new Uint8Array((1024 * quantizer.bits) / 8);
  const vectors = new Uint8Array(1024 * bytesPerVector);
  for (let start = 0; start < rows; start += 1024) {
    const count = Math.min(1024, rows - start);
    appendFileSync(join(folder, 'codes'), codes.subarray(0, (count * quantizer.bits) / 8));
    appendFileSync(join(folder, 'vectors'), vectors.subarray(0, count * bytesPerVector));
  }
}
