import type { Turns } from './float64.ts';
import { turnLanes } from './float64.ts';

/** `MatrixKernel.solveFactored` in JavaScript: the same in the same order. */
export function javascriptSolve(factor: Float64Array, right: Float64Array, columns: number): void {
  const size = right.length / columns;
  for (let i = 0; i < size; i++) {
    for (let row = 0; row < i; row++) {
      subtractRow(right, i, row, factor[i * size + row], columns);
    }
    divideRow(right, i, factor[i * (size + 1)], columns);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let row = i + 1; row < size; row++) {
      subtractRow(right, i, row, factor[row * size + i], columns);
    }
    divideRow(right, i, factor[i * (size + 1)], columns);
  }
}

function subtractRow(
  values: Float64Array,
  to: number,
  from: number,
  weight: number,
  columns: number,
): void {
  for (let p = to * columns, q = from * columns, end = p + columns; p < end; p++, q++) {
    values[p] -= weight * values[q];
  }
}

function divideRow(values: Float64Array, row: number, divisor: number, columns: number): void {
  for (let p = row * columns, end = p + columns; p < end; p++) values[p] /= divisor;
}

/** `MatrixKernel.turnVectors` in JavaScript. */
export function javascriptTurns(
  values: Float64Array,
  vectors: number,
  { count, first, cosines, sines }: Turns,
): void {
  const groupLength = vectors * turnLanes;
  for (let start = 0; start < values.length; start += groupLength) {
    for (let t = 0; t < count; t++) {
      const [cosine, sine] = [cosines[t], sines[t]];
      for (let p = start + first[t] * turnLanes, q = p + turnLanes, end = q; p < end; p++, q++) {
        const [a, b] = [values[p], values[q]];
        values[p] = cosine * a + sine * b;
        values[q] = cosine * b - sine * a;
      }
    }
  }
}
