import type { ExactIndex, Matrix, Quantizer, TaskOptions, VectorRows } from '@bitryoshka/core';
import {
  BitryoshkaError,
  bytesPerCode,
  checkpoint,
  FlatIndex,
  fitQuantizer,
  tune,
} from '@bitryoshka/core';
import type { QuantizerRecipe } from './store-options.ts';
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
 * @throws BitryoshkaError `invalid-option` for more bits than dimensions, `dimension-mismatch` for a
 *   quantizer of vectors of another dimension
 */
export function checkFits(quantizer: Quantizer | QuantizerRecipe, dimensions: number): void {
  if (isQuantizer(quantizer)) {
    if (quantizer.inputDimensions === dimensions) return;
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `quantizer: got one for ${quantizer.inputDimensions} dimensions, expected ${dimensions}.`,
      remedy: 'Use a quantizer that was fitted to vectors of this model.',
    });
  }
  if (quantizer.bits <= dimensions) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `quantizer.bits: got ${quantizer.bits}, expected at most the ${dimensions} dimensions of the vectors.`,
    remedy: 'Ask for fewer bits.',
  });
}

/**
 * An index of codes that shares the vectors of another one.
 *
 * @param rows the rows to learn from, where a quantizer is still to be fitted
 * @throws BitryoshkaError `not-enough-vectors`; the given index stays as it is
 */
export async function fitIndex(
  { vectors }: ExactIndex | FlatIndex,
  rows: readonly number[],
  quantizer: Quantizer | QuantizerRecipe,
  options: TaskOptions,
): Promise<FlatIndex> {
  const { signal, onProgress } = options;
  checkFits(quantizer, vectors.dimensions);
  if (isQuantizer(quantizer)) return encodeRows(quantizer, vectors, options);
  const { kind, bits, seed = 0 } = quantizer;
  if (rows.length < fewestVectors(quantizer)) {
    throw new BitryoshkaError({
      code: 'not-enough-vectors',
      message: `got ${rows.length} vectors to fit ${bits} bits, expected ${fewestVectors(quantizer)} or more.`,
      remedy: 'Add more documents or ask for fewer bits; until then, searches are exact.',
    });
  }
  const sample = gather(vectors, rows);
  const task = { bits, seed, signal, onProgress };
  const fitted =
    kind === 'tuned'
      ? (await tune(sample, task)).quantizer
      : await fitQuantizer(sample, { ...task, kind });
  return encodeRows(fitted, vectors, options);
}

/** Encodes block by block, so that searches go on meanwhile. */
async function encodeRows(
  quantizer: Quantizer,
  vectors: VectorRows,
  options: TaskOptions,
): Promise<FlatIndex> {
  const length = bytesPerCode(quantizer.bits);
  const data = new Uint8Array(vectors.rows * length);
  let done = 0;
  for (const block of vectors.blocks()) {
    await checkpoint(options, { stage: 'encode', done, total: vectors.rows });
    data.set(quantizer.encode(block, 'document').data, done * length);
    done += block.rows;
  }
  const { bits } = quantizer;
  return new FlatIndex(quantizer, vectors, { rows: done, bits, bytesPerCode: length, data });
}

function gather(vectors: VectorRows, rows: readonly number[]): Matrix {
  const { dimensions } = vectors;
  const data = new Float32Array(rows.length * dimensions);
  for (const [i, row] of rows.entries()) data.set(vectors.at(row), i * dimensions);
  return { rows: rows.length, columns: dimensions, data };
}
