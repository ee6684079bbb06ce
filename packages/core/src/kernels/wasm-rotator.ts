import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { Multiplier } from './kernel.ts';
import { paddedTo } from './vector-layout.ts';
import type { KernelExports } from './wasm-exports.ts';
import { align, base, ensureBytes } from './wasm-exports.ts';
import { copyPadded } from './wasm-multiplier.ts';

/** Vectors that are rotated at a time: few enough to stay in the cache. */
const rotatedRows = 64;

export function createRotator(
  kernel: KernelExports,
  factors: Matrix,
  bias: Float32Array,
  dimensions: number,
): Multiplier {
  const columns = bias.length;
  const padded = paddedTo(4, dimensions);
  const biasAt = align(base + factors.data.length * 4);
  const vectorsAt = align(biasAt + padded * 4);
  const outputAt = align(vectorsAt + rotatedRows * padded * 4);
  ensureBytes(kernel.memory, outputAt + rotatedRows * columns * 4 + 16);
  const floats = new Float32Array(kernel.memory.buffer);
  floats.set(factors.data, base / 4);
  floats.set(bias, biasAt / 4);
  return (vectors, into) => {
    const rotated = into ?? zeros(vectors.rows, columns);
    for (let start = 0; start < vectors.rows; start += rotatedRows) {
      const rows = Math.min(rotatedRows, vectors.rows - start);
      copyPadded(vectors, start, rows, padded, floats, vectorsAt / 4);
      kernel.rotate(
        vectorsAt,
        rows,
        dimensions,
        padded * 4,
        base,
        factors.columns,
        factors.rows,
        biasAt,
        columns,
        outputAt,
      );
      const from = outputAt / 4;
      rotated.data.set(floats.subarray(from, from + rows * columns), start * columns);
    }
    return rotated;
  };
}
