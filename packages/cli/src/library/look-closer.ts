import type { Matrix } from '@bitryoshka/core';
import { row } from '@bitryoshka/core';
import { createTokenizer } from '@bitryoshka/langchain';
import type { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { cutWindows } from './cut-windows.ts';

/** A passage that a search found. */
export interface Candidate {
  /** The file, with forward slashes. */
  readonly source: string;
  readonly headings: readonly string[];
  readonly text: string;
  readonly score: number;
}

export interface CloserLook {
  readonly embeddings: MatryoshkaEmbeddings;
  readonly texts: readonly string[];
}

/** What each look counts beside the score of the search, in standard deviations over the candidates. */
const weights = { windows: 0.75, words: 0.75, headings: 0.2, title: 0.5 };

/** Letters and digits, and what joins them in names. */
const words = /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]*[\p{L}\p{M}\p{N}])?/gu;

/** Of English, as the words of a library are. */
const tokenize = createTokenizer('en');

/**
 * Orders passages by a closer look than an index can afford: at the part of a passage that is nearest to the question,
 * at the nearest word of a passage to each word of the question, at the headings, and at what the file is called. Each
 * look is counted in standard deviations over the candidates and added to the score of the search.
 *
 * The scores are stretched over the range of those of the search: the best passage has the highest.
 *
 * @param embeddings of a model that embeds some thousand short texts at once, as a static one does
 * @param texts of the folder, or a fair part of them: they tell how rare a word is
 * @returns the candidates, best first
 */
export async function lookCloser<T extends Candidate>(
  question: string,
  candidates: readonly T[],
  { embeddings, texts }: CloserLook,
): Promise<T[]> {
  if (candidates.length < 2) return [...candidates];
  const asked = row(await embeddings.embedMatrix([question], 'query'), 0);
  const looks: [weight: number, scores: readonly number[]][] = [
    [1, candidates.map(({ score }) => score)],
    [weights.windows, await nearestWindows(asked, candidates, embeddings)],
    [weights.words, await nearestWords(question, candidates, { embeddings, texts })],
    [weights.headings, await nearness(asked, candidates.map(headingsOf), embeddings)],
    [weights.title, await nearness(asked, candidates.map(titleOf), embeddings)],
  ];
  const sums = candidates.map(() => 0);
  for (const [weight, scores] of looks) {
    for (const [i, value] of standardize(scores).entries()) sums[i]! += weight * value;
  }
  const scores = candidates.map(({ score }) => score);
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  const [lowest, highest] = [Math.min(...scores), Math.max(...scores)];
  return candidates
    .map((candidate, i) => {
      const place = ((sums[i] as number) - low) / (high - low || 1);
      return { candidate, place };
    })
    .sort((one, other) => other.place - one.place)
    .map(({ candidate, place }) => ({
      ...candidate,
      score: lowest * (1 - place) + highest * place,
    }));
}

/** The cosine of the nearest window of each passage; what stands above a passage is part of all its windows. */
async function nearestWindows(
  asked: Float32Array,
  candidates: readonly Candidate[],
  embeddings: MatryoshkaEmbeddings,
): Promise<number[]> {
  const windows = candidates.map(({ headings, text }) =>
    cutWindows(text).map((window) => [...headings, window].join('\n')),
  );
  const vectors = await embeddings.embedMatrix(windows.flat(), 'document');
  let next = 0;
  return windows.map((some) =>
    some.reduce((best) => Math.max(best, dot(asked, row(vectors, next++))), -1),
  );
}

/**
 * How near each passage comes to the words of a question: the sum of the cosines of the nearest word to each, as in
 * late interaction (Khattab and Zaharia, "ColBERT", SIGIR 2020). Rare words count more, as in BM25.
 */
async function nearestWords(
  question: string,
  candidates: readonly Candidate[],
  { embeddings, texts }: CloserLook,
): Promise<number[]> {
  const wanted = [...wordsOf([question])].filter((word) => tokenize(word).length > 0);
  const present = candidates.map(({ headings, text }) => wordsOf([...headings, text]));
  const all = [...new Set(present.flatMap((some) => [...some]))];
  if (wanted.length === 0 || all.length === 0) return candidates.map(() => 0);
  const places = new Map(all.map((word, i) => [word, i]));
  const vectors = await embeddings.embedMatrix(all, 'document');
  const queries = await embeddings.embedMatrix(wanted, 'query');
  const sums = candidates.map(() => 0);
  const rarities = raritiesOf(wanted, texts);
  for (const [i, rarity] of rarities.entries()) {
    const cosines = cosinesOf(row(queries, i), vectors);
    for (const [j, some] of present.entries()) {
      let nearest = 0;
      for (const word of some) {
        nearest = Math.max(nearest, cosines[places.get(word) as number] as number);
      }
      sums[j]! += rarity * nearest;
    }
  }
  return sums;
}

/** What BM25 weighs each word by, also where it is a part of another. */
function raritiesOf(wanted: readonly string[], texts: readonly string[]): number[] {
  const lower = texts.map((text) => text.toLowerCase());
  return wanted.map((word) => {
    const having = lower.filter((text) => text.includes(word)).length;
    return Math.log(1 + (lower.length - having + 0.5) / (having + 0.5));
  });
}

/** The cosine of each text; 0 for an empty one. */
async function nearness(
  asked: Float32Array,
  texts: readonly string[],
  embeddings: MatryoshkaEmbeddings,
): Promise<number[]> {
  const vectors = await embeddings.embedMatrix(texts, 'document');
  return texts.map((text, i) => (text === '' ? 0 : dot(asked, row(vectors, i))));
}

function headingsOf({ headings }: Candidate): string {
  return headings.join('\n');
}

/** The words of the path, and the outermost heading. */
function titleOf({ source, headings: [title = ''] }: Candidate): string {
  const path = source.replace(/\.[^./]+$/, '').replace(/[/_-]+/g, ' ');
  return `${path}\n${title}`;
}

function wordsOf(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.toLowerCase().match(words) ?? []));
}

/** Each in deviations from the mean of all; zeros where all are the same. */
function standardize(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (variance < 1e-12 ? 0 : (value - mean) / Math.sqrt(variance)));
}

function cosinesOf(vector: Float32Array, vectors: Matrix): Float32Array {
  return Float32Array.from({ length: vectors.rows }, (_, i) => dot(vector, row(vectors, i)));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
