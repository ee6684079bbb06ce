import type { Matrix, ScoredRow, TaskOptions } from '@bitryoshka/core';
import { AutoIndex, bytesPerCode, row } from '@bitryoshka/core';
import { checkpoint, VectorRows } from '@bitryoshka/core/internal';
import { linkInThread } from '@bitryoshka/core/node';
import type { BinaryVectorStore } from '@bitryoshka/langchain';
import type { FolderLibrary, PassageMetadata } from '../library/folder-library.ts';
import { renderTable } from '../terminal/render-table.ts';
import { fewestMultiplied, multiplyVectors } from '../vectors/multiply-vectors.ts';
import { mean } from './mean.ts';

/** Neighbours that every search is asked for. */
const neighbours = 10;
/** Headings of the library's own passages, with those above them: alone, many name no passage. */
const mostQuestions = 200;
const fewestQuestions = 10;
/** What asking may take, each time. */
const askMilliseconds = 500;
/** By which scores of equal vectors may differ. */
const scoreTolerance = 1e-5;
/** What all sizes together may take. */
const workMilliseconds = 20_000;
const multiples = [1, 10, 100];
const mostVectors = 1_000_000;
/** The share of the memory that is free which a collection may take. */
const memoryShare = 0.5;
/** Besides its vector: a code, which a graph has once more, and its links. */
const mostBytesPerCode = 512;

interface Answers {
  readonly found: readonly ScoredRow[][];
  readonly milliseconds: number;
}

/** A way of searching so many vectors, and what it cost. */
interface Measurement {
  readonly vectors: number;
  readonly search: string;
  readonly milliseconds: number;
  /** Share of the exact neighbours. */
  readonly agreement: number;
  readonly bytes: number;
  /** Undefined where there was nothing to build. */
  readonly buildMilliseconds: number | undefined;
}

/**
 * Exact search, and what an index takes by itself, as a table: the folder's own vectors, and ten and a hundred times
 * as many, in this run.
 */
export async function compareAtSizes(
  { store, embeddings }: FolderLibrary,
  task: TaskOptions,
): Promise<string> {
  const { index } = store;
  if (!index) return '';
  const deadline = performance.now() + workMilliseconds;
  const questions = await embeddings.embedMatrix(sampleHeadings(store), 'query');
  const own = new VectorRows(index.dimensions);
  for (const block of index.blocks()) own.append(block);
  const measurements: Measurement[] = [];
  const notes: string[] = [];
  for (const size of sizesOf(own.rows)) {
    const reason = whyNot(size, { own, deadline, last: measurements.at(-1) });
    if (reason) {
      notes.push(`${inGroups(size)} vectors are left out: ${reason}.`);
      continue;
    }
    const vectors = size === own.rows ? own : await multiplyVectors(own, size, task);
    measurements.push(...(await measureAt(vectors, questions, { deadline, notes, task })));
  }
  if (measurements.some(({ vectors }) => vectors > own.rows)) {
    notes.unshift(
      'Larger collections are the vectors of this folder again, each moved by half the difference of two others.',
    );
  }
  return [
    `exact search beside what an index takes by itself, in the background; up to ${questions.rows} headings as questions`,
    renderTable(
      [
        'vectors',
        'search',
        'ms per question',
        `agreement of top ${neighbours}`,
        'memory',
        'built in',
      ],
      measurements.map(describe),
    ),
    ...notes,
  ].join('\n');
}

function sizesOf(own: number): number[] {
  if (own < fewestMultiplied) return [own];
  const sizes = multiples.map((times) => Math.max(own, Math.min(times * own, mostVectors)));
  return [...new Set(sizes)];
}

/** Why a size is not measured. */
function whyNot(
  size: number,
  {
    own,
    deadline,
    last,
  }: {
    readonly own: VectorRows;
    readonly deadline: number;
    readonly last: Measurement | undefined;
  },
): string | undefined {
  const bytes = size * (own.bytesPerVector + mostBytesPerCode);
  if (bytes > memoryShare * process.availableMemory()) return `they take ${inMegabytes(bytes)}`;
  const expected = last ? (last.buildMilliseconds ?? 0) * (size / last.vectors) : 0;
  // Small collections take longer for what they are: only what is hopeless is not begun.
  return expected / 3 > deadline - performance.now()
    ? `they take about ${Math.ceil(expected / 1000)} seconds more`
    : undefined;
}

async function measureAt(
  vectors: VectorRows,
  questions: Matrix,
  {
    deadline,
    notes,
    task,
  }: { readonly deadline: number; readonly notes: string[]; readonly task: TaskOptions },
): Promise<Measurement[]> {
  const { dimensions, rows } = vectors;
  const index = new AutoIndex({
    dimensions,
    vectors,
    onProgress: task.onProgress,
    linker: linkInThread,
  });
  const exact = await ask(index, questions, task);
  const measured = (search: string, { found, milliseconds }: Answers): Measurement => ({
    vectors: rows,
    search,
    milliseconds,
    bytes: bytesOf(index),
    agreement: mean(found.map((each, i) => agreementOf(each, exact.found[i] ?? []))),
    buildMilliseconds: undefined,
  });
  const before = measured('exact', exact);
  const start = performance.now();
  index.follow();
  const isDone = await settledBy(index, deadline);
  const buildMilliseconds = performance.now() - start;
  if (!isDone) {
    notes.push(
      `${inGroups(rows)} vectors: what suits them was not made within the ${workMilliseconds / 1000} seconds that the table may take.`,
    );
  }
  if (index.finder === 'exact') return [isDone ? { ...before, search: 'auto: exact' } : before];
  const answers = await ask(index, questions, task, exact.found.length);
  const name = isDone ? `auto: ${index.finder}` : `${index.finder}, so far`;
  return [before, { ...measured(name, answers), buildMilliseconds }];
}

/** Asks questions one by one, as many as time allows. */
async function ask(
  index: AutoIndex,
  questions: Matrix,
  task: TaskOptions,
  count?: number,
): Promise<Answers> {
  const total = count ?? questions.rows;
  // First unmeasured, so that nobody pays for the compiler.
  await askFor(askMilliseconds / 10, 1);
  return count === undefined ? askFor(askMilliseconds, fewestQuestions) : askFor(Infinity, count);

  async function askFor(most: number, fewest: number): Promise<Answers> {
    const found: ScoredRow[][] = [];
    let spent = 0;
    while (found.length < total && (spent < most || found.length < fewest)) {
      await checkpoint(task, { stage: 'ask', done: found.length, total });
      const start = performance.now();
      // With its own depth, from which it does not learn: not from the questions by which it is measured.
      const options = { k: neighbours, ...index.depth };
      found.push(index.search(row(questions, found.length), options));
      spent += performance.now() - start;
    }
    return { found, milliseconds: spent / found.length };
  }
}

/** Stops what is done in the background when time is up. */
async function settledBy(index: AutoIndex, deadline: number): Promise<boolean> {
  let isDone = true;
  const timer = setTimeout(
    () => {
      isDone = false;
      index.close();
    },
    Math.max(0, deadline - performance.now()),
  );
  await index.settled().finally(() => clearTimeout(timer));
  return isDone;
}

function bytesOf(index: AutoIndex): number {
  const { finder, quantizer } = index.contents;
  const code = quantizer ? bytesPerCode(quantizer.bits) : 0;
  const arrays = Object.values(finder?.save().arrays ?? {});
  return arrays.reduce(
    (sum, { byteLength }) => sum + byteLength,
    index.rows * (index.bytesPerVector + code),
  );
}

function describe({
  vectors,
  search,
  milliseconds,
  agreement,
  bytes,
  buildMilliseconds,
}: Measurement): string[] {
  return [
    inGroups(vectors),
    search,
    milliseconds.toFixed(2),
    `${(100 * agreement).toFixed(1)} %`,
    inMegabytes(bytes),
    buildMilliseconds === undefined ? '' : `${(buildMilliseconds / 1000).toFixed(1)} s`,
  ];
}

function sampleHeadings(store: BinaryVectorStore): string[] {
  const headings = new Set<string>();
  for (const [, { metadata, pageContent }] of store.entries()) {
    const { headings: path } = metadata as PassageMetadata;
    headings.add(path.length > 0 ? path.join(' ') : pageContent.slice(0, 60));
  }
  const all = [...headings];
  const step = Math.max(1, all.length / mostQuestions);
  const count = Math.min(all.length, mostQuestions);
  return Array.from({ length: count }, (_, i) => all[Math.floor(i * step)] as string);
}

/** The share of rows that are as near as the exact ones: copies of a passage stand for each other. */
function agreementOf(found: readonly ScoredRow[], exact: readonly ScoredRow[]): number {
  const least = (exact.at(-1)?.score ?? 0) - scoreTolerance;
  return found.filter(({ score }) => score >= least).length / exact.length;
}

function inGroups(count: number): string {
  return count.toLocaleString('en');
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}
