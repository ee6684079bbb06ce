import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange, zeros } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { copyRows } from './copy-rows.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';
import type { Multiplier } from './multiplier.ts';

/** Vectors that are rotated at a time: few enough to stay in the cache. */
const rotatedRows = 64;

/** `MatrixKernel.createRotator` in WebAssembly. */
export function wasmRotator(
  kernel: MatrixExports,
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
  const block = floats.subarray(vectorsAt / 4);
  return (vectors, into) => {
    const rotated = into ?? zeros(vectors.rows, columns);
    for (let start = 0; start < vectors.rows; start += rotatedRows) {
      const rows = Math.min(rotatedRows, vectors.rows - start);
      copyRows(rowRange(vectors, start, start + rows), block, padded);
      kernel.rotate({
        vectors: vectorsAt,
        rows,
        columns: dimensions,
        rowBytes: padded * 4,
        factors: base,
        size: factors.columns,
        rounds: factors.rows,
        bias: biasAt,
        wanted: columns,
        output: outputAt,
      });
      const from = outputAt / 4;
      rotated.data.set(floats.subarray(from, from + rows * columns), start * columns);
    }
    return rotated;
  };
}
