import type {
  CorpusLessons,
  ExactIndex,
  FlatIndexOptions,
  Matrix,
  Quantizer,
  TaskOptions,
  VectorIndex,
} from '@bitryoshka/core';
import {
  BitryoshkaError,
  FlatIndex,
  fitQuantizer,
  learnFromCorpus,
  mostBits,
  tune,
} from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { embedTexts } from '../documents/embed-texts.ts';
import { passageOf } from '../documents/passage-of.ts';
import type { CorpusRecipe, QuantizerRecipe } from './store-options.ts';
import { isQuantizer } from './store-options.ts';

/** Long enough to be worth its bytes, short enough for most models. */
const defaultBits = 256;

/** Fewer leave some bits without anything to tell apart. */
export function fewestVectors({ bits }: QuantizerRecipe): number {
  return bits + 1;
}

export function defaultRecipe(dimensions: number): QuantizerRecipe {
  return { kind: 'autoencoder', bits: Math.min(defaultBits, dimensions) };
}

/**
 * @param prefixBits of codes that are kept once more
 * @throws BitryoshkaError `invalid-option` for more bits than vectors can give or a code has,
 *   `dimension-mismatch` for a quantizer of vectors of another dimension
 */
export function checkFits(
  quantizer: Quantizer | QuantizerRecipe,
  dimensions: number,
  prefixBits = 0,
): void {
  if (prefixBits > quantizer.bits) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `prefixBits: got ${prefixBits}, expected at most the ${quantizer.bits} bits of a code.`,
      remedy: 'Ask for fewer, or for longer codes.',
    });
  }
  if (isQuantizer(quantizer)) {
    if (quantizer.inputDimensions === dimensions) return;
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `quantizer: got one for ${quantizer.inputDimensions} dimensions, expected ${dimensions}.`,
      remedy: 'Use a quantizer that was fitted to vectors of this model.',
    });
  }
  const most = mostBits(quantizer.kind, dimensions);
  if (quantizer.bits <= most) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `quantizer.bits: got ${quantizer.bits}, expected at most ${most} for vectors of ${dimensions} dimensions.`,
    remedy: 'Ask for fewer bits.',
  });
}

/** What a quantizer is fitted to, where one is. */
export interface LearnedRows {
  readonly rows: readonly number[];
  /** By row of `rows`. */
  readonly documents: readonly DocumentInterface[];
  readonly embeddings: EmbeddingsInterface;
}

/**
 * An index of codes that takes over the rows of another one, vectors, numbers and all.
 *
 * @throws BitryoshkaError `not-enough-vectors`; the given index stays as it is
 */
export async function fitIndex(
  index: ExactIndex | FlatIndex,
  { rows, documents, embeddings }: LearnedRows,
  quantizer: Quantizer | QuantizerRecipe,
  options: TaskOptions & FlatIndexOptions,
): Promise<FlatIndex> {
  const { signal, onProgress, prefixBits } = options;
  checkFits(quantizer, index.dimensions, prefixBits);
  if (isQuantizer(quantizer)) return FlatIndex.encode(index, quantizer, options);
  const { kind, bits, head, corpus = false, seed = 0 } = quantizer;
  if (rows.length < fewestVectors(quantizer)) {
    throw new BitryoshkaError({
      code: 'not-enough-vectors',
      message: `got ${rows.length} vectors to fit ${bits} bits, expected ${fewestVectors(quantizer)} or more.`,
      remedy: 'Add more documents or ask for fewer bits; until then, searches are exact.',
    });
  }
  const sample = gather(index, rows);
  const lessons = corpus
    ? await learnFromDocuments(documents, sample, corpus, { embeddings, seed, signal, onProgress })
    : undefined;
  const task = { bits, seed, queries: lessons?.queries, signal, onProgress };
  const fitted =
    kind === 'tuned'
      ? (await tune(sample, task)).quantizer
      : await fitQuantizer(sample, { ...task, kind, head: { ...head, pairs: lessons?.pairs } });
  return FlatIndex.encode(index, fitted, options);
}

function learnFromDocuments(
  documents: readonly DocumentInterface[],
  vectors: Matrix,
  corpus: true | CorpusRecipe,
  { embeddings, ...task }: TaskOptions & { embeddings: EmbeddingsInterface; seed: number },
): Promise<CorpusLessons> {
  const { kinds, limit, ...fields }: CorpusRecipe = corpus === true ? {} : corpus;
  const passages = documents.map((document) => passageOf(document, fields));
  const { signal } = task;
  const embed = (texts: string[]) => embedTexts(embeddings, texts, { signal });
  return learnFromCorpus(passages, vectors, { ...task, kinds, limit, embed });
}

function gather(index: VectorIndex, rows: readonly number[]): Matrix {
  const { dimensions } = index;
  const data = new Float32Array(rows.length * dimensions);
  for (const [i, row] of rows.entries()) data.set(index.vector(row), i * dimensions);
  return { rows: rows.length, columns: dimensions, data };
}
