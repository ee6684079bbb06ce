import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import type { Turns } from './float64.ts';
import { turnLanes } from './float64.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';

/** `MatrixKernel.solveFactored` in WebAssembly. */
export function wasmSolve(
  kernel: MatrixExports,
  factor: Float64Array,
  right: Float64Array,
  columns: number,
): void {
  const size = right.length / columns;
  const padded = paddedTo(2, columns);
  const rightAt = align(base + factor.length * 8);
  ensureBytes(kernel.memory, rightAt + size * padded * 8);
  const { buffer } = kernel.memory;
  new Float64Array(buffer, base, factor.length).set(factor);
  const rows = new Float64Array(buffer, rightAt, size * padded);
  for (let i = 0; i < size; i++) {
    rows.set(right.subarray(i * columns, (i + 1) * columns), i * padded);
    rows.fill(0, i * padded + columns, (i + 1) * padded);
  }
  kernel.solveFactored({ factor: base, right: rightAt, size, columns: padded });
  for (let i = 0; i < size; i++) {
    right.set(rows.subarray(i * padded, i * padded + columns), i * columns);
  }
}

/** `MatrixKernel.turnVectors` in WebAssembly. */
export function wasmTurns(
  kernel: MatrixExports,
  values: Float64Array,
  vectors: number,
  { count, first, cosines, sines }: Turns,
): void {
  const firstAt = align(base + values.length * 8);
  const cosinesAt = align(firstAt + count * 4);
  const sinesAt = align(cosinesAt + count * 8);
  ensureBytes(kernel.memory, sinesAt + count * 8);
  const { buffer } = kernel.memory;
  const own = new Float64Array(buffer, base, values.length);
  own.set(values);
  new Int32Array(buffer, firstAt, count).set(first.subarray(0, count));
  new Float64Array(buffer, cosinesAt, count).set(cosines.subarray(0, count));
  new Float64Array(buffer, sinesAt, count).set(sines.subarray(0, count));
  const groupLength = vectors * turnLanes;
  kernel.turnVectors({
    values: base,
    groups: values.length / groupLength,
    groupBytes: groupLength * 8,
    first: firstAt,
    cosines: cosinesAt,
    sines: sinesAt,
    turns: count,
  });
  values.set(own);
}
