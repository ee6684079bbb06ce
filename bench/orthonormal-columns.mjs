import { generator, normals } from './generator.mjs';

/** Columns of unit length at right angles to each other: distances stay as they are (Gram and Schmidt). */
export function orthonormalColumns(rows, columns) {
  const normal = normals(generator(5));
  const all = [];
  for (let c = 0; c < columns; c++) {
    const column = Float64Array.from({ length: rows }, normal);
    for (const other of all) {
      const shared = dot(column, other);
      for (let j = 0; j < rows; j++) column[j] -= shared * other[j];
    }
    const length = Math.sqrt(dot(column, column));
    all.push(column.map((value) => value / length));
  }
  const data = new Float32Array(rows * columns);
  for (const [c, column] of all.entries()) {
    for (let j = 0; j < rows; j++) data[j * columns + c] = column[j];
  }
  return { rows, columns, data };
}

function dot(a, b) {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
