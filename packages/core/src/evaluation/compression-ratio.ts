import { checkCount } from '../errors/check-count.ts';
import { bytesPerVector } from './bytes-per-vector.ts';

/**
 * How many times smaller a stored vector is than the float32 vector it was made from.
 *
 * @param dimensions of the float32 vector
 * @param bytes that it takes when stored
 * @throws BitryoshkaError `invalid-option` unless both are whole numbers, and bytes from 1 up
 */
export function compressionRatio(dimensions: number, bytes: number): number {
  checkCount('bytes', bytes, 1);
  return bytesPerVector('float32', dimensions) / bytes;
}
