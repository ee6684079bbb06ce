import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../kernels/matrix/multiplier.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import { seededRandom } from '../vectors/random.ts';

/**
 * `y = R x + b`, where R is the beginning of a random rotation in `d log d` steps: rounds of random signs and a
 * Walsh–Hadamard transform. Transforms have sizes of powers of two. Where `d` is none, rounds take the first
 * and the last of the dimensions in turns, which overlap. With more outputs than inputs, it rotates vectors with zeros
 * behind them: R is the first columns of a rotation then, whose rows are more than a basis.
 * Source: Ailon & Chazelle, "The fast Johnson–Lindenstrauss transform" (2009).
 */
export interface HadamardMap {
  /** 1 where a round negates what it takes, else 0: `rounds x size`. */
  readonly flips: Uint8Array;
  /** b: one value per output dimension. */
  readonly bias: Float32Array;
  readonly inputDimensions: number;
}

/** Odd, so that all dimensions have come together in those that few outputs keep. */
const rounds = 5;
/** Of fewer dimensions, a product with a matrix is as fast. */
const fewestDimensions = 64;
/** What one instruction adds is as many. */
export const fewestHadamardDimensions = 4;

/** How many dimensions a round takes: the largest power of two that there are. */
function hadamardSize(dimensions: number): number {
  return 2 ** Math.floor(Math.log2(dimensions));
}

/** How many dimensions a map rotates in. */
export function hadamardDimensions(inputDimensions: number, outputDimensions: number): number {
  return Math.max(inputDimensions, outputDimensions);
}

/** How many flips a map has that rotates in so many dimensions. */
export function hadamardFlips(dimensions: number): number {
  return rounds * hadamardSize(dimensions);
}

/** Whether so many dimensions are sooner rotated this way than by a product with a matrix. */
export function isHadamardFaster(dimensions: number): boolean {
  return dimensions >= fewestDimensions;
}

/** Adds `shift`, then rotates. */
export function randomHadamardMap(
  shift: Float32Array,
  outputDimensions: number,
  seed: number,
): HadamardMap {
  const inputDimensions = shift.length;
  const count = hadamardFlips(hadamardDimensions(inputDimensions, outputDimensions));
  const random = seededRandom(seed);
  const flips = Uint8Array.from({ length: count }, () => 2 * random());
  const bias = new Float32Array(outputDimensions);
  const unshifted = { flips, bias, inputDimensions };
  const rotate = hadamardFunction(unshifted);
  const { data } = rotate({ rows: 1, columns: inputDimensions, data: shift });
  return { ...unshifted, bias: data };
}

/** The map as a function, which may be given memory for what it returns. */
export function hadamardFunction({ flips, bias, inputDimensions }: HadamardMap): Multiplier {
  const dimensions = hadamardDimensions(inputDimensions, bias.length);
  let rotate: Multiplier | undefined;
  return (vectors, into) => {
    rotate ??= matrixKernel().createRotator(factorsOf(flips, dimensions), bias, dimensions);
    return rotate(vectors, into);
  };
}

/** What turns vectors back in place. The map must have as many outputs as inputs, and no bias. */
export function hadamardInverse({
  flips,
  inputDimensions,
}: HadamardMap): (vector: Float32Array) => void {
  const size = hadamardSize(inputDimensions);
  const same = factorsOf(new Uint8Array(size), size);
  let transform: Multiplier | undefined;
  return (vector) => {
    transform ??= matrixKernel().createRotator(same, new Float32Array(size), size);
    for (let round = rounds - 1; round >= 0; round--) {
      const first = round % 2 === 0 ? 0 : inputDimensions - size;
      const data = vector.subarray(first, first + size);
      const taken = { rows: 1, columns: size, data };
      transform(taken, taken);
      for (let j = 0; j < size; j++) if (flips[round * size + j] === 1) data[j] = -data[j];
    }
  };
}

/** Signs that make up for the length that a transform adds: one row per round. */
function factorsOf(flips: Uint8Array, dimensions: number): Matrix {
  const size = hadamardSize(dimensions);
  const factors = zeros(flips.length / size, size);
  for (const [i, flip] of flips.entries()) factors.data[i] = (1 - 2 * flip) / Math.sqrt(size);
  return factors;
}
