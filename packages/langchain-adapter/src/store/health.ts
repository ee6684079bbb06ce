import type { AutoIndex, FitReport, SearchDepth, TaskOptions } from '@bitryoshka/core';
import { bytesPerCode } from '@bitryoshka/core';
import type { Documents } from '../documents/documents.ts';
import type { StoreFile } from '../durable/store-file.ts';
import { MemoryLexicalIndex } from '../lexical/memory-lexical-index.ts';
import type { DocumentDrift, DriftSide } from './document-drift.ts';
import { adviseOnDrift, isFitted, measureDocumentDrift } from './document-drift.ts';

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
  yield* adviseOnDrift(drift, quantizer, health.documents);
  if (recall !== undefined && recall < targetRecall - chance) {
    const found = `Searches find ${recall.toFixed(2)} of the ten nearest documents, less than targetRecall (${targetRecall})`;
    const remedy = depth
      ? 'leave depth out, or let searches look farther'
      : isFitted(quantizer)
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
  const side = (some: Uint32Array): DriftSide => ({
    count: some.length,
    vector: (i) => {
      const row = some[i] as number;
      return index.has(row) ? index.vector(row) : undefined;
    },
  });
  const before = side(rows.filter((row) => row < fittedBelow));
  const since = side(rows.filter((row) => row >= fittedBelow));
  return measureDocumentDrift(quantizer, { before, since, added: since.count }, task);
}
