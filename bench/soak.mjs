// Random additions, updates, deletions and searches against a naive model: identical results, and memory
// that does not grow. Usage: node --expose-gc soak.mjs [OPERATIONS], by default ten million.
import { BinaryIndex, fitQuantizer, normalizeRows, RowSet } from '@bitryoshka/core';

const operations = Number(process.argv[2] ?? 1e7);
const dimensions = 16;
/** Rows swing between these, so that segments grow, are compacted and vanish. */
const [fewest, most] = [500, 2000];
/** What is used in the second half, at most, may exceed that in the first by as much. */
const allowedGrowth = 8e6;

let state = 7;
const draw = (below) => {
  state = (state + 0x9e3779b9) | 0;
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
};
// Few different vectors, so that equal scores are frequent.
const vectors = Array.from({ length: 300 }, () =>
  Float32Array.from({ length: dimensions }, () => draw(5) - 2),
);
const units = vectors.map((data) => normalizeRows({ rows: 1, columns: dimensions, data }).data);
const quantizer = await fitQuantizer(vectors, { kind: 'sign', bits: 16 });
const index = new BinaryIndex({ quantizer });
/** Rows and which vector each has, in the order of writing. */
const model = new Map();
const rows = [];
let grows = true;
let searches = 0;
let mostInFirstHalf = 0;
const start = performance.now();
for (let i = 0; i < operations; i++) {
  const kind = draw(100);
  if (model.size >= most) grows = false;
  if (model.size <= fewest) grows = true;
  if (kind < (grows ? 50 : 30) || model.size === 0) {
    const vector = draw(vectors.length);
    const row = index.add([vectors[vector]]);
    model.set(row, vector);
    rows.push(row);
  } else if (kind < 60) {
    const [row, vector] = [rows[draw(rows.length)], draw(vectors.length)];
    index.update(row, vectors[vector]);
    model.delete(row);
    model.set(row, vector);
  } else if (kind < 98) {
    const at = draw(rows.length);
    index.delete([rows[at]]);
    model.delete(rows[at]);
    rows[at] = rows.at(-1);
    rows.pop();
  } else {
    searches++;
    compare(draw(vectors.length), 1 + draw(20), draw(3) === 0);
  }
  if ((i + 1) % Math.ceil(operations / 20) === 0) report(i + 1);
}
if (index.rows !== model.size) throw new Error(`${index.rows} rows, expected ${model.size}`);
console.log(`${operations} operations, ${searches} searches: identical results`);

function compare(asked, k, isFiltered) {
  const keep = (row) => !isFiltered || row % 3 === 0;
  const query = units[asked];
  const scores = units.map((unit) => dot(unit, query));
  const scored = [];
  for (const [row, vector] of model) if (keep(row)) scored.push({ row, score: scores[vector] });
  // Sorting is stable: among equals the order of writing stays.
  const expected = scored.sort((a, b) => b.score - a.score).slice(0, k);
  const allowed = isFiltered ? RowSet.of(rows.filter(keep)) : undefined;
  const found = index.search(vectors[asked], { k, allowed, candidates: most, rerank: most });
  const differs = (hit, i) => hit.row !== found[i]?.row || hit.score !== found[i]?.score;
  if (found.length !== expected.length || expected.some(differs)) {
    throw new Error(`found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
}

/** In float32 and in the order in which the kernels add. */
function dot(a, b) {
  const f32 = Math.fround;
  const sums = [0, 0, 0, 0];
  for (let j = 0; j < dimensions; j++) sums[j % 4] = f32(sums[j % 4] + f32(a[j] * b[j]));
  return f32(f32(sums[0] + sums[1]) + f32(sums[2] + sums[3]));
}

function report(done) {
  // Twice: memories of segments that are gone are let go by the first, and given back by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
  const used = heapUsed + external;
  if (done <= operations / 2) mostInFirstHalf = Math.max(mostInFirstHalf, used);
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${done} operations, ${model.size} rows, ${(used / 1e6).toFixed(1)} MB used, ` +
      `${(heapTotal / 1e6).toFixed(0)} MB of heap, ${(rss / 1e6).toFixed(0)} MB resident, ${seconds.toFixed(0)} s`,
  );
  if (globalThis.gc && used > mostInFirstHalf + allowedGrowth) {
    throw new Error(`memory grew from ${mostInFirstHalf} to ${used} bytes`);
  }
}
