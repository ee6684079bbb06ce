import type { Matrix, Quantizer, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, fitQuantizer, tune } from '@bitryoshka/core';
import { checkpoint, mostBits, resolveKind } from '@bitryoshka/core/internal';
import type { CorpusLessons } from '@bitryoshka/core/training';
import { learnFromCorpus } from '@bitryoshka/core/training';
import type { DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { embedTexts } from '../documents/embed-texts.ts';
import { passageOf } from '../documents/passage-of.ts';
import { loadNodePlatform } from '../platform.ts';
import type { CorpusRecipe, QuantizerRecipe } from './store-options.ts';

/** Documents that a quantizer is fitted to, at most. */
const mostLearned = 20_000;
const rowsPerTurn = 256;

/** Fewer leave some bits without anything to tell apart. */
export function fewestVectors({ bits }: QuantizerRecipe): number {
  return bits + 1;
}

/** @throws BitryoshkaError `invalid-option` for more bits than vectors can give */
export function checkFits(recipe: QuantizerRecipe, dimensions: number): void {
  const { bits } = recipe;
  const most = mostBits(recipe, dimensions);
  if (bits <= most) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `quantizer.bits: got ${bits}, expected at most ${most} for vectors of ${dimensions} dimensions.`,
    remedy: 'Ask for fewer bits.',
  });
}

/** What a quantizer is fitted to. */
export interface LearnedDocuments {
  readonly rows: readonly number[];
  /** @returns undefined for a row that is not there any more */
  readonly vector: (row: number) => Float32Array | undefined;
  readonly document: (row: number) => DocumentInterface | undefined;
  /** Vectors of questions that were asked; undefined while there are few, or where they are not to be learned from. */
  readonly questions: Matrix | undefined;
  readonly dimensions: number;
  readonly embeddings: EmbeddingsInterface;
}

/**
 * Fits a quantizer to documents of a store, in a thread where there are threads.
 *
 * @throws BitryoshkaError `not-enough-vectors`, `empty-input` for documents without what is to be learned from
 */
export async function fitRecipe(
  recipe: QuantizerRecipe,
  learned: LearnedDocuments,
  task: TaskOptions,
): Promise<Quantizer> {
  const { kind, bits, corpus = false, seed = 0, ...families } = recipe;
  const { rows, dimensions, embeddings } = learned;
  checkFits(recipe, dimensions);
  if (rows.length < fewestVectors(recipe)) {
    throw new BitryoshkaError({
      code: 'not-enough-vectors',
      message: `got ${rows.length} vectors to fit ${bits} bits, expected ${fewestVectors(recipe)} or more.`,
      remedy: 'Add more documents or ask for fewer bits; until then, searches are exact.',
    });
  }
  const { sample, documents } = await gather(learned, task);
  const lessons = corpus
    ? await learnFromDocuments(documents, sample, corpus, { embeddings, seed, ...task })
    : undefined;
  const options = { bits, seed, queries: lessons?.queries ?? learned.questions, ...task };
  const node = await loadNodePlatform();
  if (kind === 'tuned') return (await (node?.tuneInThread ?? tune)(sample, options)).quantizer;
  const fit = node?.fitQuantizerInThread ?? fitQuantizer;
  const { family, own } = resolveKind(kind, families);
  const train = family === 'learned' && own.train;
  if (!train || !lessons) return fit(sample, { ...options, ...families, kind });
  const training = { ...(train !== true && train), pairs: lessons.pairs };
  return fit(sample, { ...options, kind, learned: { train: training } });
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

/** Documents spread over all, and their vectors, in turns. */
async function gather(
  { rows, vector, document, dimensions }: LearnedDocuments,
  task: TaskOptions,
): Promise<{ readonly sample: Matrix; readonly documents: DocumentInterface[] }> {
  const step = Math.max(1, rows.length / mostLearned);
  const count = Math.floor(rows.length / step);
  const data = new Float32Array(count * dimensions);
  const documents: DocumentInterface[] = [];
  for (let i = 0; i < count; i++) {
    if (i % rowsPerTurn === 0) await checkpoint(task, { stage: 'sample', done: i, total: count });
    const row = rows[Math.floor(i * step)] as number;
    const [values, text] = [vector(row), document(row)];
    if (!values || !text) continue;
    data.set(values, documents.length * dimensions);
    documents.push(text);
  }
  const sample = {
    rows: documents.length,
    columns: dimensions,
    data: data.subarray(0, documents.length * dimensions),
  };
  return { sample, documents };
}
