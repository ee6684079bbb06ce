import type { TaskOptions } from '@bitryoshka/core';
import type { FolderLibrary, PassageMetadata, Place } from './folder-library.ts';
import { lookCloser } from './look-closer.ts';

/** A passage that was found, as `--json` prints it. */
export interface FoundPassage extends Place {
  /** Of the passage in the library. */
  readonly id: string;
  /** From the title, or the outermost heading, to the innermost heading. */
  readonly headings: readonly string[];
  /** On the scale of cosine similarities; without words it is that of the passage to the question. */
  readonly score: number;
  readonly text: string;
  /** Where else the same text stands, if anywhere. */
  readonly others?: readonly Place[];
}

type Searched = Pick<FolderLibrary, 'store' | 'embeddings' | 'places' | 'looksCloser'>;

/** Passages that are looked at closer, at least: as many as either side of a hybrid search hands on. */
const fewestCandidates = 100;
/** Passages that tell how rare words are: more of them tell little more. */
const mostSampled = 5000;
/** The least share of the words of a question that the model has to know for a closer look. */
const leastCoverage = 0.5;

/**
 * The passages that answer a question best, no two of the same text.
 *
 * @throws the signal's reason
 */
export async function findPassages(
  library: Searched,
  question: string,
  k: number,
  { signal }: Pick<TaskOptions, 'signal'> = {},
): Promise<FoundPassage[]> {
  const { store, places, looksCloser } = library;
  const { count } = store.stats();
  for (let wanted = looksCloser ? Math.max(k, fewestCandidates) : k; ; wanted *= 2) {
    const scored = await store.similaritySearchWithScore(question, Math.min(wanted, count));
    signal?.throwIfAborted();
    const byText = new Map<string, FoundPassage>();
    for (const [{ id = '', pageContent: text, metadata }, score] of scored) {
      const [place, ...others] = places(id);
      if (!place) continue;
      const first = byText.get(text);
      if (!first) {
        const { headings } = metadata as PassageMetadata;
        const more = others.length > 0 && { others };
        byText.set(text, { id, ...place, headings, score, text, ...more });
      } else {
        byText.set(text, { ...first, others: [...(first.others ?? []), place, ...others] });
      }
    }
    // Copies take the places of what else was found.
    if (byText.size >= k || wanted >= count) {
      return (await order([...byText.values()], library, question)).slice(0, k);
    }
  }
}

/** By a closer look, where it tells something: not in a language of which the model has no words. */
async function order(
  candidates: readonly FoundPassage[],
  { store, embeddings, looksCloser }: Searched,
  question: string,
): Promise<readonly FoundPassage[]> {
  if (!looksCloser) return candidates;
  const { share } = await embeddings.coverage([question]);
  if (share < leastCoverage) return candidates;
  let texts = samples.get(store);
  if (!texts) {
    texts = sample(store);
    samples.set(store, texts);
  }
  return lookCloser(question, candidates, { embeddings, texts });
}

/** By store: going through all passages takes as long as the rest of an answer where there are many. */
const samples = new WeakMap<FolderLibrary['store'], readonly string[]>();

/** Texts from all over the folder. */
function sample(store: FolderLibrary['store']): string[] {
  const step = Math.ceil(store.stats().count / mostSampled);
  const texts: string[] = [];
  let i = 0;
  for (const [, { pageContent }] of store.entries()) if (i++ % step === 0) texts.push(pageContent);
  return texts;
}

/** `file:3-5`. */
export function nameOfPlace({ source, line, endLine }: Place): string {
  return endLine === line ? `${source}:${line}` : `${source}:${line}-${endLine}`;
}
