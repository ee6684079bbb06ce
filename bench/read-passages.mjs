import { readFileSync } from 'node:fs';

/** The vectors of `../shared/vectors`: int8 values with a scale for each row. */
export function readPassages(file) {
  const { rows, dims } = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
  const values = new Int8Array(readFileSync(`${file}.i8`));
  const scales = new Float32Array(new Uint8Array(readFileSync(`${file}.scale.f32`)).buffer);
  const data = new Float32Array(rows * dims);
  for (let i = 0, p = 0; i < rows; i++) {
    for (const end = p + dims; p < end; p++) data[p] = values[p] * scales[i];
  }
  return { rows, columns: dims, data };
}
