import { bytesPerCode } from '../codes/codes.ts';
import { checkCount } from '../errors/check-count.ts';

/** How the values of a vector are stored; `int8` with a float32 scale per vector. */
export type VectorFormat = 'float32' | 'float16' | 'int8' | 'binary';

/**
 * Bytes that a vector takes in memory. Binary codes are padded to whole 64-bit words.
 *
 * @param dimensions values per vector: bits for `binary`
 * @throws BitryoshkaError `invalid-option` unless `dimensions` is a whole number from 0 up
 */
export function bytesPerVector(format: VectorFormat, dimensions: number): number {
  checkCount('dimensions', dimensions, 0);
  switch (format) {
    case 'float32':
      return 4 * dimensions;
    case 'float16':
      return 2 * dimensions;
    case 'int8':
      return dimensions + 4;
    case 'binary':
      return bytesPerCode(dimensions);
  }
}
