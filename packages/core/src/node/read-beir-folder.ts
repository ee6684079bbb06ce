import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Relevance } from '../evaluation/metrics/relevance.ts';
import type { RetrievalTask } from '../evaluation/retrieval-task.ts';
import { checkNotEmpty, selectRows } from '../vectors/matrix.ts';
import { readText } from './read-file.ts';
import type { NamedVectors } from './read-vectors.ts';
import { readVectors } from './read-vectors.ts';

export interface ReadBeirOptions {
  /**
   * The subfolder that holds `corpus.f32`, `corpus.json`, `queries.f32` and `queries.json`; or what was read from
   * elsewhere.
   */
  readonly vectors: string | StoredVectors;
  /** Which judgements: `qrels/<split>.tsv`. Default: `test`. */
  readonly split?: string;
}

/** Vectors of a retrieval set, with the ids of its judgements. */
export interface StoredVectors {
  readonly documents: NamedVectors;
  readonly queries: NamedVectors;
}

/**
 * Reads a retrieval set in BEIR layout whose vectors were stored beside its texts. The texts are not
 * read. Queries without a relevant document are left out.
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `truncated-file`, `not-finite` or
 *   `empty-input`
 */
export async function readBeirFolder(
  folder: string,
  { vectors, split = 'test' }: ReadBeirOptions,
): Promise<RetrievalTask> {
  const { documents: corpus, queries: allQueries } =
    typeof vectors === 'string' ? await readStored(join(folder, vectors)) : vectors;
  const relevance = await readJudgements(join(folder, 'qrels', `${split}.tsv`));
  if (corpus.vectors.columns !== allQueries.vectors.columns) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `${folder}: got queries of ${allQueries.vectors.columns} dimensions, expected ${corpus.vectors.columns} as in the corpus.`,
      remedy: 'Embed both with one model.',
    });
  }
  const judged = allQueries.ids.flatMap((id, i) => (relevance.has(id) ? [i] : []));
  const queries = selectRows(allQueries.vectors, judged);
  checkNotEmpty(corpus.vectors, `${folder}: documents`);
  checkNotEmpty(queries, `${folder}: queries with a relevant document`);
  return {
    name: folder,
    documents: corpus.vectors,
    documentIds: corpus.ids,
    queries,
    queryIds: judged.map((i) => allQueries.ids[i]),
    relevance,
  };
}

/** One after the other: of several files that are missing, always the same one is named. */
async function readStored(folder: string): Promise<StoredVectors> {
  const documents = await readVectors(join(folder, 'corpus'));
  return { documents, queries: await readVectors(join(folder, 'queries')) };
}

/**
 * By query: the documents that were judged relevant, and how much.
 *
 * @throws BitryoshkaError `file-not-found` or `invalid-file`
 */
export async function readJudgements(file: string): Promise<Map<string, Relevance>> {
  const relevance = new Map<string, Map<string, number>>();
  const lines = (await readText(file)).split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    // The first line names the columns.
    if (i === 0 || line === '') continue;
    const [query, document, score, ...more] = line.split('\t');
    const grade = Number(score);
    if (!query || !document || !score?.trim() || more.length > 0 || !Number.isFinite(grade)) {
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `${file}:${i + 1}: got "${line}", expected query id, document id and score between tabs.`,
        remedy: 'Correct this line.',
      });
    }
    if (grade <= 0) continue;
    const judged = relevance.get(query) ?? new Map<string, number>();
    relevance.set(query, judged.set(document, grade));
  }
  return relevance;
}
