import type { Matrix, Quantizer, TaskOptions } from '@bitryoshka/core';
import type { DriftRecommendation } from '@bitryoshka/core/analysis';
import { analyzeVectors, measureDrift } from '@bitryoshka/core/analysis';
import { checkpoint, recommendFor } from '@bitryoshka/core/internal';

/** How far the documents that came since the codes were fitted are from those they were fitted to. */
export interface DocumentDrift {
  /** 0 for the same distribution, as `measureDrift` of `@bitryoshka/core/analysis` counts it, of what the bits are made of. */
  readonly score: number;
  readonly recommendation: DriftRecommendation;
  /** Documents that came since. */
  readonly added: number;
}

/** Documents of before codes were fitted, or since. */
export interface DriftSide {
  readonly count: number;
  /** @returns undefined for one that is not there any more */
  readonly vector: (i: number) => Float32Array | undefined;
}

/** Documents that tell of drift, of each side. */
export const mostSampled = 1000;
/** Fewer tell nothing. */
const fewestSampled = 100;
/** Fewer do not make up for a fit. */
const leastAdded = 0.02;
/** Values of the codes that are compared at once, so that none takes long. */
const bitsPerTurn = 32;
const rowsPerTurn = 32;

/**
 * Compares what bits are made of, of documents of both sides, in turns.
 *
 * @param added documents that came since
 * @returns undefined for too few documents
 */
export async function measureDocumentDrift(
  quantizer: Quantizer,
  {
    before,
    since,
    added,
  }: { readonly before: DriftSide; readonly since: DriftSide; readonly added: number },
  task: TaskOptions,
): Promise<DocumentDrift | undefined> {
  if (Math.min(before.count, since.count) < fewestSampled) return undefined;
  const reference = await projected(quantizer, before, task);
  const current = await projected(quantizer, since, task);
  if (Math.min(reference.rows, current.rows) < fewestSampled) return undefined;
  let sum = 0;
  for (let start = 0; start < quantizer.bits; start += bitsPerTurn) {
    await checkpoint(task, { stage: 'drift', done: start, total: quantizer.bits });
    const end = Math.min(quantizer.bits, start + bitsPerTurn);
    const [was, is] = [
      await analyzeVectors(columnsOf(reference, start, end), { covariance: false }),
      await analyzeVectors(columnsOf(current, start, end), { covariance: false }),
    ];
    sum += (end - start) * measureDrift(was, is).score;
  }
  const score = sum / quantizer.bits;
  return { score, recommendation: recommendFor(score), added };
}

/** @param documents that there are in all */
export function* adviseOnDrift(
  drift: DocumentDrift | undefined,
  quantizer: Pick<Quantizer, 'kind'> | undefined,
  documents: number,
): Generator<string> {
  if (!drift || !isFitted(quantizer)) return;
  if (drift.recommendation !== 'refit' || drift.added < leastAdded * documents) return;
  yield `The ${drift.added} documents that came since the codes were fitted are unlike those before (drift ${drift.score.toFixed(2)}): call store.refit().`;
}

/** Random codes are of no documents: others suit them as well. */
export function isFitted(quantizer: Pick<Quantizer, 'kind'> | undefined): boolean {
  return quantizer !== undefined && quantizer.kind !== 'random';
}

/** What the bits of some of the documents are made of: some that are spread over all. */
async function projected(
  quantizer: Quantizer,
  { count, vector }: DriftSide,
  task: TaskOptions,
): Promise<Matrix> {
  const total = Math.min(mostSampled, count);
  const { bits: columns } = quantizer;
  const data = new Float32Array(total * columns);
  let rows = 0;
  for (let done = 0; done < total; done += rowsPerTurn) {
    await checkpoint(task, { stage: 'sample', done, total });
    const vectors: Float32Array[] = [];
    for (let i = done; i < Math.min(total, done + rowsPerTurn); i++) {
      const values = vector(Math.floor((i * count) / total));
      if (values) vectors.push(values);
    }
    if (vectors.length === 0) continue;
    data.set(quantizer.project(vectors, 'document').data, rows * columns);
    rows += vectors.length;
  }
  return { rows, columns, data: data.subarray(0, rows * columns) };
}

function columnsOf({ rows, columns, data }: Matrix, start: number, end: number): Matrix {
  const width = end - start;
  const some = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    some.set(data.subarray(i * columns + start, i * columns + end), i * width);
  }
  return { rows, columns: width, data: some };
}
