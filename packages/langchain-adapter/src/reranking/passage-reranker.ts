import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, row } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { BaseDocumentCompressor } from '@langchain/core/retrievers/document_compressors';
import { embedRows } from '../documents/embed-texts.ts';
import type { PassageFields } from '../documents/passage-of.ts';
import { passageOf } from '../documents/passage-of.ts';
import { createTokenizer } from '../lexical/tokenize.ts';
import { cutWindows } from './cut-windows.ts';
import { dot, TextVectors, toUnit } from './text-vectors.ts';

export interface PassageRerankerOptions extends PassageFields {
  /** How many documents `compressDocuments` returns, at most. Default: all that it is given. */
  readonly topN?: number | undefined;
}

/** What is looked at of a document. */
interface Passage {
  readonly text: string;
  /** From the title to the innermost heading. */
  readonly headings: readonly string[];
  /** The words of the path, and the title. */
  readonly title: string;
}

/** What each look counts beside the score of the search, in standard deviations over the candidates. */
const weights = { windows: 0.75, words: 0.75, headings: 0.2, title: 0.5 };
/** The least share of the tokens of a question that the model has to know. */
const leastCoverage = 0.5;
/** Words that are compared between two looks at the clock. */
const wordsPerTurn = 64;
/** Less is rounding. */
const leastVariance = 1e-12;

/** Letters and digits, and what joins them in names. */
const words = /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]*[\p{L}\p{M}\p{N}])?/gu;

/** Tells words that say something from others, in English. */
const tokenize = createTokenizer('en');

/**
 * Orders what a search has found by a closer look than an index can afford: at the part of a passage that is nearest
 * to the question, at the nearest word of a passage to each word of the question, at the headings, and at what the
 * passage's file is called. Each look is counted in standard deviations over the candidates and added to the score of
 * the search.
 *
 * For some hundred documents it embeds some thousand words and sentences: milliseconds with a static model, as the
 * bundled one of `@bitryoshka/transformers`, seconds with a transformer. Vectors of 16,384 texts are kept at most. A
 * question in a language that the model has no words for, where its embeddings tell, is left to the search.
 */
export class PassageReranker extends BaseDocumentCompressor {
  readonly #embeddings: EmbeddingsInterface;
  readonly #vectors: TextVectors;
  readonly #fields: PassageFields;
  readonly #topN: number;

  /**
   * @param options which fields of metadata hold title, headings and file
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(
    embeddings: EmbeddingsInterface,
    { topN = Infinity, ...fields }: PassageRerankerOptions = {},
  ) {
    super();
    if (topN !== Infinity && !(Number.isSafeInteger(topN) && topN > 0)) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `topN: got ${JSON.stringify(topN)}, expected a whole number from 1 up.`,
        remedy: 'Say how many documents to return, or leave it out for all.',
      });
    }
    this.#embeddings = embeddings;
    this.#vectors = new TextVectors(embeddings);
    this.#fields = fields;
    this.#topN = topN;
  }

  /**
   * All documents, best first. Scores are stretched over the range of those of the search: the best document has the
   * highest.
   *
   * @param found what `similaritySearchWithScore` returns: a hundred documents or so
   * @throws the signal's reason; what the embeddings throw is passed on
   */
  async rerank<Found extends DocumentInterface>(
    query: string,
    found: readonly (readonly [document: Found, score: number])[],
    task: Pick<TaskOptions, 'signal'> = {},
  ): Promise<[Found, number][]> {
    const scores = found.map(([, score]) => score);
    const documents = found.map(([document]) => document);
    const sums = await this.#sums(query, documents, scores, task);
    if (!sums) return found.map(([document, score]) => [document, score]);
    const [low, high] = rangeOf(sums);
    const [lowest, highest] = rangeOf(scores);
    return bestFirst(sums).map((i) => {
      const place = ((sums[i] as number) - low) / (high - low || 1);
      return [documents[i] as Found, lowest * (1 - place) + highest * place];
    });
  }

  /**
   * The same for LangChain's `ContextualCompressionRetriever`, whose documents come without scores: their places stand
   * for these, and tell less.
   */
  override async compressDocuments(
    documents: DocumentInterface[],
    query: string,
  ): Promise<DocumentInterface[]> {
    const scores = documents.map((_, i) => -Math.log(i + 1));
    const sums = await this.#sums(query, documents, scores, {});
    const order = sums ? bestFirst(sums).map((i) => documents[i] as DocumentInterface) : documents;
    return order.slice(0, this.#topN);
  }

  /** By which documents are ordered; undefined where nothing tells them apart. */
  async #sums(
    query: string,
    documents: readonly DocumentInterface[],
    scores: readonly number[],
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<number[] | undefined> {
    if (documents.length < 2 || !(await knows(this.#embeddings, query))) return undefined;
    const passages = documents.map((document) => toPassage(document, this.#fields));
    const asked = toUnit(row(await embedRows(this.#embeddings, [query], 'query', task), 0));
    const nearness = async (texts: readonly string[]) => {
      const vectors = await this.#vectors.of(texts, task);
      return texts.map((text, i) => (text === '' ? 0 : dot(asked, vectors[i] as Float32Array)));
    };
    const looks: [weight: number, scores: readonly number[]][] = [
      [1, scores],
      [weights.windows, await this.#nearestWindows(asked, passages, task)],
      [weights.words, await this.#nearestWords(query, passages, task)],
      [weights.headings, await nearness(passages.map(({ headings }) => headings.join('\n')))],
      [weights.title, await nearness(passages.map(({ title }) => title))],
    ];
    const sums = documents.map(() => 0);
    for (const [weight, each] of looks) {
      for (const [i, value] of standardize(each).entries()) sums[i]! += weight * value;
    }
    return sums;
  }

  /** The cosine of the nearest window of each passage; what stands above a passage is part of all its windows. */
  async #nearestWindows(
    asked: Float32Array,
    passages: readonly Passage[],
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<number[]> {
    const windows = passages.map(({ headings, text }) =>
      cutWindows(text).map((window) => [...headings, window].join('\n')),
    );
    const vectors = await this.#vectors.of(windows.flat(), task);
    let next = 0;
    return windows.map((some) =>
      some.reduce((best) => Math.max(best, dot(asked, vectors[next++] as Float32Array)), -1),
    );
  }

  /**
   * How near each passage comes to the words of a question: the sum of the cosines of the nearest word to each, as in
   * late interaction (Khattab and Zaharia, "ColBERT", SIGIR 2020). Rare words count more, as in BM25.
   */
  async #nearestWords(
    query: string,
    passages: readonly Passage[],
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<number[]> {
    const wanted = [...wordsOf(query)].filter((word) => tokenize(word).length > 0);
    const texts = passages.map(({ headings, text }) =>
      [...headings, text].join('\n').toLowerCase(),
    );
    const numbers = new Map<string, number>();
    const present = texts.map((text) =>
      Uint32Array.from(wordsOf(text), (word) => {
        const number = numbers.get(word) ?? numbers.size;
        numbers.set(word, number);
        return number;
      }),
    );
    const sums = passages.map(() => 0);
    if (wanted.length === 0 || numbers.size === 0) return sums;
    const vectors = await this.#vectors.of([...numbers.keys()], task);
    const embedded = await embedRows(this.#embeddings, wanted, 'query', task);
    const queries = wanted.map((_, i) => toUnit(row(embedded, i)));
    const weighed = wanted.map((word) => rarity(word, texts));
    const cosines = wanted.map(() => new Float64Array(vectors.length));
    for (const [number, vector] of vectors.entries()) {
      if (number % wordsPerTurn === 0) {
        await checkpoint(task, { stage: 'compare', done: number, total: vectors.length });
      }
      for (const [i, query] of queries.entries()) cosines[i]![number] = dot(query, vector);
    }
    for (const [j, some] of present.entries()) {
      await checkpoint(task, { stage: 'order', done: j, total: present.length });
      for (const [i, weight] of weighed.entries()) sums[j]! += weight * highest(cosines[i]!, some);
    }
    return sums;
  }
}

/** Whether embeddings have words for a question; those that cannot tell have. */
async function knows(embeddings: EmbeddingsInterface, query: string): Promise<boolean> {
  const { coverage } = embeddings as { coverage?: unknown };
  if (typeof coverage !== 'function') return true;
  const { share } = (await coverage.call(embeddings, [query])) as { share: number };
  return share >= leastCoverage;
}

function toPassage(document: DocumentInterface, fields: PassageFields): Passage {
  const { title, headings = [], source = '' } = passageOf(document, fields);
  const above = title === undefined ? headings : [title, ...headings];
  const path = source.replace(/\.[^./]+$/, '').replace(/[/_-]+/g, ' ');
  const named = [path, above[0] ?? ''].join('\n');
  return { text: document.pageContent, headings: above, title: named.trim() };
}

/** What BM25 weighs a word by, among the candidates, also where it is a part of another. */
function rarity(word: string, texts: readonly string[]): number {
  const having = texts.filter((text) => text.includes(word)).length;
  return Math.log(1 + (texts.length - having + 0.5) / (having + 0.5));
}

/** Of the values with some numbers; 0 where none is higher. */
function highest(values: Float64Array, numbers: Uint32Array): number {
  let best = 0;
  for (const number of numbers) best = Math.max(best, values[number] as number);
  return best;
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(words));
}

/** Numbers of values, the highest first; among equal ones the lower number. */
function bestFirst(values: readonly number[]): number[] {
  return [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
}

/** Each in deviations from the mean of all; zeros where all are the same. */
function standardize(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) =>
    variance < leastVariance ? 0 : (value - mean) / Math.sqrt(variance),
  );
}

function rangeOf(values: readonly number[]): [lowest: number, highest: number] {
  return [Math.min(...values), Math.max(...values)];
}
