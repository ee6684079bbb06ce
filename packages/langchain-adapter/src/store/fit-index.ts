import type {
  ExactIndex,
  FlatIndexOptions,
  Matrix,
  Quantizer,
  TaskOptions,
  VectorIndex,
} from '@bitryoshka/core';
import { BitryoshkaError, FlatIndex, fitQuantizer, tune } from '@bitryoshka/core';
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
 * An index of codes that takes over the rows of another one, vectors, numbers and all.
 *
 * @param rows the rows to learn from, where a quantizer is still to be fitted
 * @throws BitryoshkaError `not-enough-vectors`; the given index stays as it is
 */
export async function fitIndex(
  index: ExactIndex | FlatIndex,
  rows: readonly number[],
  quantizer: Quantizer | QuantizerRecipe,
  options: TaskOptions & FlatIndexOptions,
): Promise<FlatIndex> {
  const { signal, onProgress } = options;
  checkFits(quantizer, index.dimensions);
  if (isQuantizer(quantizer)) return FlatIndex.encode(index, quantizer, options);
  const { kind, bits, head, seed = 0 } = quantizer;
  if (rows.length < fewestVectors(quantizer)) {
    throw new BitryoshkaError({
      code: 'not-enough-vectors',
      message: `got ${rows.length} vectors to fit ${bits} bits, expected ${fewestVectors(quantizer)} or more.`,
      remedy: 'Add more documents or ask for fewer bits; until then, searches are exact.',
    });
  }
  const sample = gather(index, rows);
  const task = { bits, seed, signal, onProgress };
  const fitted =
    kind === 'tuned'
      ? (await tune(sample, task)).quantizer
      : await fitQuantizer(sample, { ...task, kind, head });
  return FlatIndex.encode(index, fitted, options);
}

function gather(index: VectorIndex, rows: readonly number[]): Matrix {
  const { dimensions } = index;
  const data = new Float32Array(rows.length * dimensions);
  for (const [i, row] of rows.entries()) data.set(index.vector(row), i * dimensions);
  return { rows: rows.length, columns: dimensions, data };
}
