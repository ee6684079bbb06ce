import type { Codes } from '../../codes/codes.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { candidateRecall } from '../../training/candidate-recall.ts';
import { nearestDocuments } from '../../training/nearest-documents.ts';
import { holdOutRows } from '../../vectors/hold-out-rows.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';

/** More documents than this tell little more, and cost time that grows with their square. */
const maximumDocuments = 6000;
const maximumQueries = 400;
const queryShare = 0.15;
/** Float neighbours that codes must find, and candidates in which they may find them. */
const neighbourCount = 10;
const candidatesPerNeighbour = 4;
/** Of a small collection fewer are asked for, or every code would find them all. */
const documentsPerNeighbour = 20;

/** Documents set aside to stand for queries, and what the float vectors answer them. */
export interface HeldOut {
  /** Rows of the documents that are learned from and searched. */
  readonly training: Uint32Array;
  /** Rows of the documents that stand for queries. */
  readonly queries: Uint32Array;
  /** `queries x n` places in `training`: the float neighbours of each query. */
  readonly neighbours: Uint32Array;
}

/**
 * Sets about 15 % of the documents aside, of a sample where there are very many.
 *
 * @param documents unit length
 * @returns undefined when there are too few to set any aside
 */
export async function holdOut(
  documents: Matrix,
  seed: number,
  options: TaskOptions,
): Promise<HeldOut | undefined> {
  const random = seededRandom(seed);
  const sample = sampleIndices(documents.rows, maximumDocuments, random);
  const share = { share: queryShare, most: maximumQueries };
  const { heldOut, kept } = holdOutRows(sample.length, share, random);
  if (heldOut.length === 0) return undefined;
  const queries = heldOut.map((place) => sample[place]);
  const training = kept.map((place) => sample[place]);
  const count = Math.ceil(training.length / documentsPerNeighbour);
  const neighbours = await nearestDocuments(
    selectRows(documents, queries),
    selectRows(documents, training),
    Math.min(neighbourCount, count),
    options,
  );
  return { training, queries, neighbours };
}

/**
 * For each query, the share of its float neighbours among the documents of least Hamming distance, four
 * times as many: its recall after these are re-ranked with float vectors.
 *
 * @param documents codes of `heldOut.training`
 * @param queries codes of `heldOut.queries`
 */
export function heldOutRecall(heldOut: HeldOut, documents: Codes, queries: Codes): number {
  const { neighbours } = heldOut;
  const candidates = (candidatesPerNeighbour * neighbours.length) / queries.rows;
  return candidateRecall(documents, queries, { neighbours, candidates });
}
