import type { Matrix, ScoredRow, VectorIndex } from '@bitryoshka/core';
import { bytesPerCode, ExactIndex, FlatIndex, overlap, row, VectorRows } from '@bitryoshka/core';
import type { BinaryVectorStore } from '@bitryoshka/langchain';
import type { FolderLibrary, PassageMetadata } from '../library/folder-library.ts';
import { renderTable } from '../terminal/render-table.ts';

/** Neighbours that every search is asked for. */
const neighbours = 10;
/** Headings of the library's own passages, asked as queries. */
const maximumQueries = 200;

/** A way of searching and what it cost. */
interface Contender {
  readonly name: string;
  readonly search: (query: Float32Array) => ScoredRow[];
  /** Bytes that a scan reads per vector. */
  readonly scannedBytes: number;
  /** Bytes kept in memory per vector. */
  readonly keptBytes: number;
  /** Undefined where it was built by an earlier run. */
  readonly buildMilliseconds: number | undefined;
}

/** Float search and ours as a table: the same vectors, the same queries, in this run. */
export async function compareWithFloats({
  store,
  embeddings,
  fitMilliseconds,
}: FolderLibrary): Promise<string> {
  const { index } = store;
  if (!index) return '';
  const queries = await embeddings.embedMatrix(sampleHeadings(store), 'query');
  const exact = timed(() => copyOf(index));
  const float: Contender = {
    name: 'float32',
    search: (query) => exact.value.search(query, { k: neighbours }),
    scannedBytes: index.dimensions * Float32Array.BYTES_PER_ELEMENT,
    keptBytes: index.dimensions * Float32Array.BYTES_PER_ELEMENT,
    buildMilliseconds: exact.milliseconds,
  };
  const codes = index instanceof FlatIndex ? codeContenders(index, fitMilliseconds) : [];
  const truth = searchAll(float, queries).found;
  const table = renderTable(
    [
      'search',
      `agreement of top ${neighbours}`,
      'bytes scanned',
      'bytes kept',
      'memory',
      'per query',
      'build',
    ],
    [float, ...codes].map((contender) => describe(contender, queries, truth, index.rows)),
  );
  return [
    `${index.rows} vectors of ${index.dimensions} dimensions; ${queries.rows} headings as queries`,
    table,
    ...(codes.length > 0
      ? []
      : ['So few passages are searched exactly; codes begin at a thousand.']),
  ].join('\n');
}

function codeContenders(index: FlatIndex, buildMilliseconds: number | undefined): Contender[] {
  const { bits, decoder } = index.quantizer;
  // A decoded score reads a byte for the length as well.
  const codeBytes = bytesPerCode(bits) + (decoder ? 1 : 0);
  const shared = { scannedBytes: codeBytes, buildMilliseconds };
  return [
    {
      ...shared,
      name: `${bits} bits, re-ranked`,
      search: (query) => index.search(query, { k: neighbours }),
      keptBytes: codeBytes + index.dimensions * Float32Array.BYTES_PER_ELEMENT,
    },
    {
      ...shared,
      name: `${bits} bits alone`,
      search: (query) => index.search(query, { k: neighbours, rerank: 0 }),
      keptBytes: codeBytes,
    },
  ];
}

function describe(
  contender: Contender,
  queries: Matrix,
  truth: readonly ScoredRow[][],
  vectors: number,
): string[] {
  // Once unmeasured, so that nobody pays for the compiler.
  searchAll(contender, queries);
  const { found, milliseconds } = searchAll(contender, queries);
  const agreement = found.map((rows, i) => overlap(rowsOf(rows), rowsOf(truth[i] ?? [])));
  return [
    contender.name,
    `${((100 * sum(agreement)) / agreement.length).toFixed(1)} %`,
    String(contender.scannedBytes),
    String(contender.keptBytes),
    `${((contender.keptBytes * vectors) / 1e6).toFixed(2)} MB`,
    `${(milliseconds / queries.rows).toFixed(3)} ms`,
    contender.buildMilliseconds === undefined
      ? 'saved'
      : `${Math.round(contender.buildMilliseconds)} ms`,
  ];
}

function searchAll({ search }: Contender, queries: Matrix) {
  const { value: found, milliseconds } = timed(() =>
    Array.from({ length: queries.rows }, (_, i) => search(row(queries, i))),
  );
  return { found, milliseconds };
}

function copyOf(index: VectorIndex): ExactIndex {
  const vectors = new VectorRows(index.dimensions);
  for (const block of index.blocks()) vectors.append(block);
  return new ExactIndex(index.dimensions, vectors);
}

function sampleHeadings(store: BinaryVectorStore): string[] {
  const headings = new Set<string>();
  for (const [, { metadata }] of store.entries()) {
    const { source, headings: path } = metadata as PassageMetadata;
    headings.add(path.at(-1) ?? source);
  }
  const all = [...headings];
  const step = Math.max(1, all.length / maximumQueries);
  const count = Math.min(all.length, maximumQueries);
  return Array.from({ length: count }, (_, i) => all[Math.floor(i * step)] as string);
}

function timed<T>(run: () => T): { value: T; milliseconds: number } {
  const start = performance.now();
  const value = run();
  return { value, milliseconds: performance.now() - start };
}

function rowsOf(scored: readonly ScoredRow[]): number[] {
  return scored.map(({ row: number }) => number);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
