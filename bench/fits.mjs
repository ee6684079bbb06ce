// What a fit to 256 bits takes, and encoding by it, for vectors as long as those of common models.
//
//   node bench/fits.mjs [dimensions,dimensions,…] [kind,kind,…]
//   node bench/fits.mjs --stream [rows]   rows of 1,536 dimensions that never lie in memory together: a million by default
import { fitQuantizer } from '@bitryoshka/core';
import { atOnce, leadingSubspace } from '@bitryoshka/core/internal';
import { generator, normals } from './generator.mjs';
import { hasPassages, passageVectors } from './real-vectors.mjs';
import { printTable } from './write-table.mjs';

const rows = 20_000;
const bits = 256;
/** Of the space that a fit of kind `autoencoder` to so many bits works in. */
const spaceDimensions = 385;
/** Values of a passage that make up one of a longer vector. */
const summed = 24;
/** Length of what is added to passages beside their own, most of it in few dimensions. */
const noise = 0.2;
const blockRows = 1000;

if (process.argv[2] === '--stream') {
  await stream(Number(process.argv[3] ?? 1_000_000), 1536);
} else {
  const all = (process.argv[2] ?? '384,1024,1536,3072').split(',').map(Number);
  const kinds = (process.argv[3] ?? 'autoencoder,itq').split(',');
  await compare(all, kinds);
}

async function compare(all, kinds) {
  const passages = hasPassages ? passageVectors({ rows, queries: 3 }) : randomVectors(rows, 384);
  const table = [];
  for (const columns of all) {
    const vectors = longVectors(passages, columns);
    for (const kind of kinds) {
      table.push([columns, kind, ...(await measure(vectors, kind))]);
      console.error(table.at(-1).join('  '));
    }
  }
  printTable(
    ['dimensions', 'kind', 'fit, processor s', 'of it', 'encoded a second', 'energy cut, %'],
    table,
  );
}

async function measure(vectors, kind) {
  const stages = new Map();
  const seconds = processorSeconds();
  let [stage, last] = ['', 0];
  const lap = (next) => {
    const now = seconds();
    if (stage) stages.set(stage, (stages.get(stage) ?? 0) + now - last);
    [stage, last] = [next, now];
  };
  const quantizer = await fitQuantizer(vectors, {
    kind,
    bits,
    onProgress: (progress) => lap(progress.stage),
  });
  lap('');
  return [
    last.toFixed(1),
    [...stages].map(([name, spent]) => `${name} ${spent.toFixed(1)}`).join(', '),
    encodedPerSecond(quantizer, vectors),
    kind === 'autoencoder' ? (100 * cutBySpace(vectors)).toFixed(4) : '',
  ];
}

/** The faster of two rounds. */
function encodedPerSecond(quantizer, vectors) {
  let fewest = Infinity;
  for (let round = 0; round < 2; round++) {
    const seconds = processorSeconds();
    for (let start = 0; start < vectors.rows; start += blockRows) {
      quantizer.encode(blockOf(vectors, start, start + blockRows), 'document');
    }
    fewest = Math.min(fewest, seconds());
  }
  return Math.round(vectors.rows / fewest);
}

/** The share of the squares of vectors that lies outside of the space a fit works in. */
function cutBySpace(vectors) {
  const { columns } = vectors;
  if (columns <= spaceDimensions) return 0;
  const basis = atOnce(leadingSubspace(vectors, spaceDimensions, 0));
  let [all, within] = [0, 0];
  for (let i = 0; i < vectors.rows; i += 20) {
    const vector = vectors.data.subarray(i * columns, (i + 1) * columns);
    for (const value of vector) all += value * value;
    for (let k = 0; k < basis.rows; k++) {
      let along = 0;
      for (let j = 0; j < columns; j++) along += basis.data[k * columns + j] * vector[j];
      within += along * along;
    }
  }
  return 1 - within / all;
}

/** A million of many dimensions, block by block: what they take is bounded by a sample and a block. */
async function stream(count, columns) {
  const pool = longVectors(randomVectors(5000, 384), columns);
  console.log(`resident before: ${residentMegabytes()} MB`);
  const fit = processorSeconds();
  const quantizer = await fitQuantizer(mixtures(pool, count), { kind: 'autoencoder', bits });
  console.log(`fitted to ${count}: ${fit().toFixed(1)} processor s`);
  const encode = processorSeconds();
  let bytes = 0;
  for await (const block of mixtures(pool, count)) {
    bytes += quantizer.encode(block, 'document').data.length;
  }
  console.log(
    `encoded: ${encode().toFixed(1)} processor s, ${(bytes / 1e6).toFixed(0)} MB of codes`,
  );
  console.log(`most resident: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
}

/** Sums of two vectors of a pool, which are never the same two for long; as often as it is asked. */
async function* mixtures(pool, count) {
  const random = generator(7);
  const { columns, data } = pool;
  for (let done = 0; done < count; done += blockRows) {
    const block = emptyMatrix(Math.min(blockRows, count - done), columns);
    for (let i = 0; i < block.rows; i++) {
      const [a, b] = [random(), random()].map((x) => Math.floor(x * pool.rows) * columns);
      const share = random();
      for (let j = 0; j < columns; j++) {
        block.data[i * columns + j] = data[a + j] + share * data[b + j];
      }
    }
    yield block;
  }
}

/**
 * Vectors seen along random directions where more dimensions are asked for than they have, with noise that falls off
 * from dimension to dimension.
 */
function longVectors({ dimensions, vectors }, columns) {
  const count = vectors.length / dimensions;
  if (columns <= dimensions) return { rows: count, columns: dimensions, data: vectors };
  const random = generator(3);
  const uniform = () => Math.sqrt(12) * (random() - 0.5);
  const sources = Uint32Array.from({ length: columns * summed }, () => random() * dimensions);
  const signs = sources.map(() => (random() < 0.5 ? 0 : 1));
  const widths = Float32Array.from({ length: columns }, (_, j) => 1 / (1 + j));
  const scale = noise / Math.hypot(...widths);
  const long = emptyMatrix(count, columns);
  const times = Math.sqrt(dimensions / (columns * summed));
  for (let i = 0; i < count; i++) {
    for (let j = 0, p = 0; j < columns; j++) {
      let sum = 0;
      for (const end = p + summed; p < end; p++) {
        const value = vectors[i * dimensions + sources[p]];
        sum += signs[p] === 1 ? value : -value;
      }
      long.data[i * columns + j] = times * sum + scale * widths[j] * uniform();
    }
  }
  return long;
}

function randomVectors(count, dimensions) {
  const normal = normals(generator(1));
  const widths = Float32Array.from({ length: dimensions }, (_, j) => 1 / Math.sqrt(1 + j / 20));
  const vectors = new Float32Array(count * dimensions);
  for (let p = 0; p < vectors.length; p++) vectors[p] = widths[p % dimensions] * normal();
  return { dimensions, vectors };
}

function emptyMatrix(count, columns) {
  return { rows: count, columns, data: new Float32Array(count * columns) };
}

function blockOf({ columns, data, rows: all }, start, end) {
  const last = Math.min(all, end);
  return { rows: last - start, columns, data: data.subarray(start * columns, last * columns) };
}

function residentMegabytes() {
  return Math.round(process.memoryUsage.rss() / 1e6);
}

function processorSeconds() {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}
