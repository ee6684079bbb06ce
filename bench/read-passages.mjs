import { readFileSync } from 'node:fs';

/** The vectors of `../shared/vectors`: int8 values with a scale for each row. */
export function readPassages(file) {
  const { rows, dims } = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
  const values = new Int8Array(readFileSync(`${file}.i8`));
  const scales = new Float32Array(new Uint8Array(readFileSync(`${file}.scale.f32`)).buffer);
  const data = Float32Array.from(values, (value, i) => value * scales[Math.floor(i / dims)]);
  return { rows, columns: dims, data };
}
