import { float16Values } from '../../vectors/float16.ts';
import { dotProduct } from '../dot-product.ts';
import { paddedTo } from '../padded-to.ts';
import { gaussianLevels } from './gaussian-levels.ts';
import { roundQuery } from './round-query.ts';
import type { VectorFormatName } from './vector-layout.ts';
import { bytesOfVector, valuesPerByte } from './vector-layout.ts';
import type { VectorMemory } from './vector-memory.ts';

export class JavascriptVectorMemory implements VectorMemory {
  readonly bytes: Uint8Array;
  readonly #columns: number;
  readonly #format: VectorFormatName;

  constructor(rows: number, columns: number, format: VectorFormatName) {
    this.bytes = new Uint8Array(rows * bytesOfVector(format, columns));
    this.#columns = columns;
    this.#format = format;
  }

  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array {
    const columns = this.#columns;
    const stride = bytesOfVector(this.#format, columns);
    const { buffer } = this.bytes;
    if (this.#format === 'float32') {
      const values = new Float32Array(buffer);
      return Float32Array.from(rows, (row) => dotProduct(values, row * columns, query));
    }
    if (this.#format === 'float16') {
      const halves = new Uint16Array(buffer);
      const values = float16Values();
      const vector = new Float32Array(paddedTo(4, columns));
      const padded = new Float32Array(vector.length);
      padded.set(query);
      return Float32Array.from(rows, (row) => {
        const first = (row * stride) / 2;
        for (let j = 0; j < columns; j++) vector[j] = values[halves[first + j]];
        return dotProduct(vector, 0, padded);
      });
    }
    const bytes = this.bytes;
    const whole = new Int8Array(buffer);
    const scales = new Float32Array(buffer);
    const { values, scale } = roundQuery(query);
    if (this.#format !== 'int8') {
      const levels = gaussianLevels[this.#format];
      const perByte = valuesPerByte[this.#format];
      const bits = 8 / perByte;
      const mask = 2 ** bits - 1;
      return Float32Array.from(rows, (row) => {
        let sum = 0;
        for (let j = 0, p = row * stride + 4; j < columns; p++) {
          let byte = bytes[p];
          for (const end = Math.min(columns, j + perByte); j < end; j++, byte >>= bits) {
            sum += levels[byte & mask] * values[j];
          }
        }
        return sum * (scale * scales[(row * stride) / 4]);
      });
    }
    return Float32Array.from(rows, (row) => {
      let sum = 0;
      for (let j = 0, p = row * stride + 4; j < columns; j++, p++) sum += whole[p] * values[j];
      return sum * (scale * scales[(row * stride) / 4]);
    });
  }
}
