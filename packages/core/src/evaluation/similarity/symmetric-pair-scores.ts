import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Matrix } from '../../vectors/matrix.ts';

/**
 * Code against code for every pair of rows: the cosine of π times the share of bits that differ. Both
 * are encoded as documents, for neither asks.
 */
export function symmetricPairScores(
  quantizer: Quantizer,
  first: Matrix,
  second: Matrix,
): Float64Array {
  const { rows, bits, bytesPerCode, data } = quantizer.encode(first, 'document');
  const other = quantizer.encode(second, 'document').data;
  const scores = new Float64Array(rows);
  for (let i = 0, offset = 0; i < rows; i++, offset += bytesPerCode) {
    let distance = 0;
    for (let p = offset; p < offset + bytesPerCode; p++) distance += ones(data[p] ^ other[p]);
    scores[i] = Math.cos((Math.PI * distance) / bits);
  }
  return scores;
}

/** The one bits of a byte. */
function ones(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
