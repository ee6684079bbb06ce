import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { holdOutRows } from '../vectors/hold-out-rows.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, rowRange, selectRows, stackRows } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';
import { nearestDocuments } from './exact-neighbours.ts';

/** Vectors that stand for queries, and documents in which they have neighbours. */
export interface HeldOutVectors {
  /** Not among the vectors that are learned from. */
  readonly queries: Matrix;
  readonly documents: Matrix;
  /** `queries x n` rows of documents. */
  readonly neighbours: Uint32Array;
}

const neighbourCount = 10;
const heldOutShare = 0.1;
const mostQueries = 300;
const mostDocuments = 10_000;
/** Where there are so many vectors, documents are held out as well: decoders may know others by heart. */
export const plentyOfVectors = 20_000;
const heldOutDocuments = 5000;
const blockRows = 64;

export interface HoldOutOptions extends TaskOptions {
  readonly seed: number;
  /** Unit vectors of queries, where there are any. */
  readonly queries?: Matrix | undefined;
}

/** What is learned from, and what is asked. */
export interface HeldOutSplit {
  readonly training: Matrix;
  readonly heldOut: HeldOutVectors;
  /** The queries that are not held out. */
  readonly asking?: Matrix | undefined;
}

/**
 * Splits vectors into those to learn from and some that stand for queries: a tenth, and 300 at most; as many
 * again of the queries, where there are any. Where there are plenty of vectors, the documents that they are
 * asked of are not learned from either.
 *
 * @param vectors of documents, unit length
 */
export async function holdOutVectors(
  vectors: Matrix,
  { seed, queries, ...task }: HoldOutOptions,
): Promise<HeldOutSplit> {
  const random = seededRandom(seed);
  const asked = { share: heldOutShare, most: mostQueries };
  const { heldOut: standIns, kept: others } = holdOutRows(vectors, asked, random);
  const aside =
    vectors.rows < plentyOfVectors
      ? undefined
      : holdOutRows(others, { share: 1, most: heldOutDocuments }, random);
  const documents =
    aside?.heldOut ?? selectRows(others, sampleIndices(others.rows, mostDocuments, random));
  const split = queries && holdOutRows(queries, asked, random);
  const judging = split ? stackRows(standIns, split.heldOut) : standIns;
  const neighbours = await nearestDocuments(judging, documents, neighbourCount, task);
  return {
    training: aside?.kept ?? others,
    heldOut: { queries: judging, documents, neighbours },
    asking: split?.kept,
  };
}

/**
 * The share of the float neighbours that are among the best-scored documents, by depth: the recall after so
 * many are re-ranked with float vectors.
 *
 * @param scores of documents for queries, block by block
 */
export function heldOutRecalls(
  { queries, neighbours }: HeldOutVectors,
  scores: (queries: Matrix, start: number) => Matrix,
  depths: readonly number[],
): number[] {
  const found = depths.map(() => 0);
  const perQuery = queries.rows > 0 ? neighbours.length / queries.rows : 0;
  for (let start = 0; start < queries.rows; start += blockRows) {
    const block = rowRange(queries, start, Math.min(queries.rows, start + blockRows));
    const scored = scores(block, start);
    for (let i = 0; i < block.rows; i++) {
      const first = (start + i) * perQuery;
      const ahead = countsAhead(row(scored, i), neighbours.subarray(first, first + perQuery));
      for (const [d, depth] of depths.entries()) {
        const reached = Math.max(depth, perQuery);
        for (const count of ahead) if (count < reached) found[d]++;
      }
    }
  }
  return found.map((count) => (neighbours.length > 0 ? count / neighbours.length : 0));
}

/** How many documents have a higher score than each of the wanted ones. */
function countsAhead(scores: Float32Array, wanted: Uint32Array): Uint32Array {
  const theirs = Float32Array.from(wanted, (document) => scores[document]);
  const lowest = theirs.reduce((least, score) => Math.min(least, score), Infinity);
  const ahead = new Uint32Array(wanted.length);
  for (let j = 0; j < scores.length; j++) {
    const score = scores[j];
    // Few are ahead of any.
    if (score <= lowest) continue;
    for (let p = 0; p < theirs.length; p++) if (score > theirs[p]) ahead[p]++;
  }
  return ahead;
}

/** Cosines of queries and decoded vectors, which get unit length. */
export function decodedScorer(decoded: Matrix): (queries: Matrix) => Matrix {
  const unit = normalizeRows(decoded);
  return (queries) => matrixKernel().multiplyTransposed(queries, unit);
}
