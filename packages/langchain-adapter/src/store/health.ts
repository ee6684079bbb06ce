import type {
  AutoIndex,
  FitReport,
  Matrix,
  Quantizer,
  SearchDepth,
  TaskOptions,
} from '@bitryoshka/core';
import { bytesPerCode } from '@bitryoshka/core';
import type { DriftRecommendation } from '@bitryoshka/core/analysis';
import { analyzeVectors, measureDrift } from '@bitryoshka/core/analysis';
import { checkpoint, recommendFor } from '@bitryoshka/core/internal';
import type { Documents } from '../documents/documents.ts';
import type { StoreFile } from '../durable/store-file.ts';
import { MemoryLexicalIndex } from '../lexical/memory-lexical-index.ts';

/** What a store holds, and what that takes. */
export interface StoreStatistics {
  /** Documents. */
  readonly count: number;
  /** Of the vectors; undefined while there are none. */
  readonly dimensions: number | undefined;
  /** How nearest documents are found now. */
  readonly index: AutoIndex['finder'];
  /** Length of a code; undefined while searches are exact. */
  readonly bits: number | undefined;
  /** Bytes of the codes: what a search scans. */
  readonly codeBytes: number;
  /** Bytes of the vectors, in memory or in files: what re-ranking reads, row by row. */
  readonly vectorBytes: number;
}

/** How far the documents that came since the codes were fitted are from those they were fitted to. */
export interface DocumentDrift {
  /** 0 for the same distribution, as `measureDrift` of `@bitryoshka/core/analysis` counts it, of what the bits are made of. */
  readonly score: number;
  readonly recommendation: DriftRecommendation;
  /** Documents that came since. */
  readonly added: number;
}

/** How well a store does. */
export interface StoreHealth {
  readonly documents: number;
  /** Of the vectors; undefined while there are none. */
  readonly dimensions: number | undefined;
  readonly bytes: {
    /** In memory, or in the file. */
    readonly vectors: number;
    readonly codes: number;
    /** Of a graph, or of lists, with what they keep of the codes. */
    readonly links: number;
    /** Of an index of words in memory, its tokens left out; those of a store in a file are in the file. */
    readonly words: number;
    /** Of the file of a store that was opened. */
    readonly file: number | undefined;
  };
  /** How nearest documents are found now. */
  readonly index: AutoIndex['finder'];
  /** How far searches look, as the store's option says or as was chosen; undefined where all vectors are compared. */
  readonly depth: SearchDepth | undefined;
  readonly targetRecall: number;
  /** What makes the codes; undefined while searches are exact. */
  readonly quantizer:
    | {
        readonly kind: string;
        readonly bits: number;
        /** The share of the ten nearest documents that searches found when the codes were made; unknown for codes of before. */
        readonly recallAtFit: number | undefined;
        /** What they were held against when they were fitted; undefined where they were not. */
        readonly fitReport: FitReport | undefined;
      }
    | undefined;
  /** Undefined without codes, and while too few documents came since they were fitted, or were there then. */
  readonly drift: DocumentDrift | undefined;
  /** Different questions that were asked since the store was made, loaded or opened. */
  readonly questions: number;
  /**
   * The share of the ten nearest documents that searches find, by mean over questions that are made of the documents;
   * undefined for too few documents.
   */
  readonly recall: number | undefined;
  /** What to do, in sentences; empty when all is well. */
  readonly advice: readonly string[];
}

export interface HealthParts {
  readonly index: AutoIndex | undefined;
  readonly documents: Documents;
  /** That of the store's options. */
  readonly depth: SearchDepth | undefined;
  readonly targetRecall: number | undefined;
  readonly file: StoreFile | undefined;
  /** The model of a reembedding that was interrupted. */
  readonly interrupted: string | undefined;
}

const defaultRecall = 0.98;
/** Documents that tell of drift, of each side. */
const mostSampled = 1000;
/** Fewer tell nothing. */
const fewestSampled = 100;
/** Fewer do not make up for a fit. */
const leastAdded = 0.02;
/** Values of the codes that are compared at once, so that none takes long. */
const bitsPerTurn = 32;
const rowsPerTurn = 32;
/** What a hundred questions may be off. */
const chance = 0.02;

export function statisticsOf({
  index,
  documents,
}: Pick<HealthParts, 'index' | 'documents'>): StoreStatistics {
  const { count } = documents;
  const bits = index?.quantizer?.bits;
  return {
    count,
    dimensions: index?.dimensions,
    index: index?.finder ?? 'exact',
    bits,
    codeBytes: bits === undefined ? 0 : count * bytesPerCode(bits),
    vectorBytes: count * (index?.bytesPerVector ?? 0),
  };
}

/** Looks at a store, in turns. */
export async function measureHealth(parts: HealthParts, task: TaskOptions): Promise<StoreHealth> {
  const { index, documents, file } = parts;
  task.signal?.throwIfAborted();
  const state = index?.state;
  const quantizer = index?.quantizer;
  const drift = index && (await driftOf(index, task));
  const recall = index && (await recallOf(index, parts.depth, task));
  const words = documents.words?.index;
  const { count } = documents;
  const measured = {
    documents: count,
    dimensions: index?.dimensions,
    bytes: {
      vectors: count * (index?.bytesPerVector ?? 0),
      codes: quantizer ? count * bytesPerCode(quantizer.bits) : 0,
      links: state?.finderBytes ?? 0,
      words: words instanceof MemoryLexicalIndex ? words.byteLength : 0,
      file: file?.bytes,
    },
    index: index?.finder ?? 'exact',
    depth: state?.depth && (parts.depth ?? state.depth),
    targetRecall: state?.targetRecall ?? parts.targetRecall ?? defaultRecall,
    quantizer: quantizer && {
      kind: quantizer.kind,
      bits: quantizer.bits,
      recallAtFit: state?.fittedRecall,
      fitReport: quantizer.fitReport,
    },
    drift,
    questions: state?.asked ?? 0,
    recall,
  };
  return { ...measured, advice: [...adviceFor(measured, parts)] };
}

function* adviceFor(
  health: Omit<StoreHealth, 'advice'>,
  { index, documents, interrupted, depth }: HealthParts,
): Generator<string> {
  const { drift, recall, targetRecall, quantizer } = health;
  // Random codes are of no documents: others suit them as well.
  const isFitted = quantizer !== undefined && quantizer.kind !== 'random';
  const isMany = drift && drift.added >= leastAdded * health.documents;
  if (isFitted && isMany && drift.recommendation === 'refit') {
    yield `The ${drift.added} documents that came since the codes were fitted are unlike those before (drift ${drift.score.toFixed(2)}): call store.refit().`;
  }
  if (recall !== undefined && recall < targetRecall - chance) {
    const found = `Searches find ${recall.toFixed(2)} of the ten nearest documents, less than targetRecall (${targetRecall})`;
    const remedy = depth
      ? 'leave depth out, or let searches look farther'
      : isFitted
        ? 'call store.refit(), or ask for more bits'
        : 'ask for more bits';
    yield `${found}: ${remedy}.`;
  }
  const refused = index?.state.refused;
  if (refused !== undefined) {
    yield `An index of kind ${refused} would suit ${health.documents} documents, but was refused because it found too little or could not be made: searches go on as ${health.index}. Ask for more bits or a lower targetRecall.`;
  }
  const { askedFields } = documents;
  if (askedFields.length > 0) {
    const names = JSON.stringify(askedFields);
    yield `Filters ask for fields that are not declared: name ${names} in the option fields, and they are indexed as documents are added.`;
  }
  if (interrupted !== undefined) {
    yield `Documents were being embedded anew, which was interrupted: call store.reembed() with the embeddings ${interrupted} to go on, or with others to forget about it.`;
  }
}

async function recallOf(
  index: AutoIndex,
  depth: SearchDepth | undefined,
  task: TaskOptions,
): Promise<number | undefined> {
  if (index.rows === 0) return undefined;
  return index.finder === 'exact' ? 1 : index.measureRecall(depth, task);
}

async function driftOf(index: AutoIndex, task: TaskOptions): Promise<DocumentDrift | undefined> {
  const { quantizer } = index;
  const { fittedBelow } = index.state;
  if (!quantizer || fittedBelow === undefined) return undefined;
  const rows = index.rowIds();
  const [before, since] = [
    rows.filter((row) => row < fittedBelow),
    rows.filter((row) => row >= fittedBelow),
  ];
  if (Math.min(before.length, since.length) < fewestSampled) return undefined;
  const reference = await projected(index, quantizer, before, task);
  const current = await projected(index, quantizer, since, task);
  if (Math.min(reference.rows, current.rows) < fewestSampled) return undefined;
  let sum = 0;
  for (let start = 0; start < quantizer.bits; start += bitsPerTurn) {
    await checkpoint(task, { stage: 'drift', done: start, total: quantizer.bits });
    const end = Math.min(quantizer.bits, start + bitsPerTurn);
    const [was, is] = [
      await analyzeVectors(columnsOf(reference, start, end), { covariance: false }),
      await analyzeVectors(columnsOf(current, start, end), { covariance: false }),
    ];
    sum += (end - start) * measureDrift(was, is).score;
  }
  const score = sum / quantizer.bits;
  return { score, recommendation: recommendFor(score), added: since.length };
}

/** What the bits of some of the rows are made of: some that are spread over all. */
async function projected(
  index: AutoIndex,
  quantizer: Quantizer,
  rows: Uint32Array,
  task: TaskOptions,
): Promise<Matrix> {
  const total = Math.min(mostSampled, rows.length);
  const { bits: columns } = quantizer;
  const data = new Float32Array(total * columns);
  let count = 0;
  for (let done = 0; done < total; done += rowsPerTurn) {
    await checkpoint(task, { stage: 'sample', done, total });
    const vectors: Float32Array[] = [];
    for (let i = done; i < Math.min(total, done + rowsPerTurn); i++) {
      const row = rows[Math.floor((i * rows.length) / total)] as number;
      // It may have been deleted meanwhile.
      if (index.has(row)) vectors.push(index.vector(row));
    }
    if (vectors.length === 0) continue;
    data.set(quantizer.project(vectors, 'document').data, count * columns);
    count += vectors.length;
  }
  return { rows: count, columns, data: data.subarray(0, count * columns) };
}

function columnsOf({ rows, columns, data }: Matrix, start: number, end: number): Matrix {
  const width = end - start;
  const some = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    some.set(data.subarray(i * columns + start, i * columns + end), i * width);
  }
  return { rows, columns: width, data: some };
}
