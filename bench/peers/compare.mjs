// Vector libraries side by side: the same vectors and questions, one process after the other, one core
// each. Prints a table and writes docs/benchmarks.md, with its chart and its numbers.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { textsFolder } from '../real-vectors.mjs';
import { writePage } from './page.mjs';
import { writeVectors } from './vectors.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const libraries = [
  'bitryoshka',
  'bitryoshka-float16',
  'bitryoshka-file',
  'bitryoshka-lists',
  'bitryoshka-graph',
  'hnswlib',
  'usearch-f32',
  'usearch-f16',
  'usearch-i8',
  'usearch-b1',
  'zvec',
  'lancedb',
  'sqlite-vec',
  'memory-vector-store',
  'faiss',
];

const program = new Command('bench:peers')
  .description('Compare vector libraries on the same vectors.')
  .option('--size <rows>', 'how many vectors', count, 100_000)
  .option('--queries <count>', 'how many questions', count, 600)
  .option('--texts', 'embed pieces of ../shared/text with the bundled model, and keep the vectors')
  .option('--libraries <names>', `some of ${libraries.join(',')}`, names, libraries)
  .option('--no-write', 'print only')
  .parse();
const options = program.opts();

const work = options.texts
  ? textsFolder({ rows: options.size, queries: options.queries })
  : mkdtempSync(join(tmpdir(), 'bitryoshka-peers-'));
if (!options.texts) process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const described = join(work, 'description.json');
if (!existsSync(described)) {
  const { size: rows, queries, texts } = options;
  mkdirSync(work, { recursive: true });
  const written = await writeVectors(work, { rows, queries, source: texts && 'texts' });
  writeFileSync(described, JSON.stringify(written));
}
const description = JSON.parse(readFileSync(described, 'utf8'));
console.log(`${description.rows} ${description.source}; ${description.queries} queries`);

const results = [];
for (const library of options.libraries) {
  process.stdout.write(`${library} … `);
  const measured = measure(library);
  if (measured) {
    results.push({ library, ...measured });
    const best = measured.points.reduce((a, b) => (b.recall > a.recall ? b : a));
    console.log(
      `built in ${measured.buildSeconds.toFixed(1)} s (${measured.buildCpuSeconds.toFixed(1)} s of processor time); ` +
        `up to recall ${best.recall.toFixed(3)}`,
    );
  }
}
writePage({ description, results }, options.write);

/** Undefined, with a line that says why, where a library is not there. */
function measure(library) {
  const [command, ...before] =
    library === 'faiss'
      ? ['python3', join(folder, 'libraries/faiss.py')]
      : [
          process.execPath,
          '--expose-gc',
          '--max-old-space-size=8192',
          join(folder, 'measure.mjs'),
          library,
        ];
  const { status, stdout, stderr } = spawnSync(command, [...before, work], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: {
      ...process.env,
      OMP_NUM_THREADS: '1',
      TOKIO_WORKER_THREADS: '1',
      RAYON_NUM_THREADS: '1',
      LANCE_CPU_THREADS: '1',
    },
  });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1));
  const reason = (stderr ?? '')
    .trim()
    .split('\n')
    .filter((line) => /Error/.test(line))
    .at(-1);
  console.log(`left out: ${reason ?? `exit ${status}`}`);
  return undefined;
}

function count(text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 10) {
    throw new InvalidArgumentError('Expected a whole number from 10 up.');
  }
  return value;
}

function names(text) {
  const chosen = text.split(',');
  const unknown = chosen.find((name) => !libraries.includes(name));
  if (unknown) throw new InvalidArgumentError(`Unknown: ${unknown}.`);
  return chosen;
}
