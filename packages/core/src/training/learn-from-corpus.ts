import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { selectRows, toMatrix, zeros } from '../vectors/matrix.ts';
import type { CorpusPairOptions, CorpusPassage } from './corpus-pairs.ts';
import { corpusPairs } from './corpus-pairs.ts';
import type { TrainingPairs } from './training-pairs.ts';

export interface LearnFromCorpusOptions extends CorpusPairOptions, TaskOptions {
  /** As queries of this collection are embedded. One vector for each text, in their order. */
  readonly embed: (texts: string[]) => Promise<Vectors>;
}

/** What a collection gives to learn from, for `trainCodes` and `fitQuantizer`. */
export interface CorpusLessons {
  readonly pairs: TrainingPairs;
  /** The titles and headings: unlike documents, and so more like queries. Undefined where there are none. */
  readonly queries: Matrix | undefined;
}

/** Texts that are embedded at a time. */
const blockTexts = 256;

/**
 * Makes pairs of a collection, as `corpusPairs` does, and embeds what asks in them.
 *
 * @param vectors of the passages, row by row
 * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `invalid-option`, or `empty-input` where the
 *   passages have nothing to make pairs of; what `embed` throws is passed on
 */
export async function learnFromCorpus(
  passages: readonly CorpusPassage[],
  vectors: Vectors,
  { embed, ...options }: LearnFromCorpusOptions,
): Promise<CorpusLessons> {
  const matrix = toMatrix(vectors);
  if (matrix.rows !== passages.length) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `vectors: got ${matrix.rows}, expected ${passages.length}, one for each passage.`,
      remedy: 'Give the vectors of these passages, in their order.',
    });
  }
  const pairs = corpusPairs(passages, options);
  if (pairs.length === 0) {
    throw new BitryoshkaError({
      code: 'empty-input',
      message: `passages: got ${passages.length} without titles or headings of their own, and without two of one source; expected some.`,
      remedy: 'Say of passages what they are cut from, or learn without pairs.',
    });
  }
  const texts = [
    ...new Set(pairs.map(({ query }) => query).filter((query) => typeof query === 'string')),
  ];
  const asked = zeros(texts.length, matrix.columns);
  for (let start = 0; start < texts.length; start += blockTexts) {
    await checkpoint(options, { stage: 'embed', done: start, total: texts.length });
    const block = texts.slice(start, start + blockTexts);
    const embedded = toMatrix(await embed(block), { name: 'embed', columns: matrix.columns });
    if (embedded.rows !== block.length) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `embed: got ${embedded.rows} vectors, expected ${block.length}, one for each text.`,
        remedy: 'Give a vector for each text, in their order.',
      });
    }
    asked.data.set(embedded.data, start * matrix.columns);
  }
  const rowOf = new Map(texts.map((text, row) => [text, row]));
  const queries = zeros(pairs.length, matrix.columns);
  for (const [i, { query }] of pairs.entries()) {
    const [from, row] =
      typeof query === 'string' ? [asked, rowOf.get(query) as number] : [matrix, query];
    const { data, columns } = from;
    queries.data.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return {
    pairs: {
      queries,
      documents: selectRows(
        matrix,
        pairs.map(({ document }) => document),
      ),
    },
    queries: texts.length > 0 ? asked : undefined,
  };
}
