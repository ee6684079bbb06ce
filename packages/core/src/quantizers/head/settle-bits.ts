import type { Matrix } from '../../vectors/matrix.ts';
import { row, zeros } from '../../vectors/matrix.ts';

/** Rounds over all bits; nearly every code comes to rest in fewer. */
const maximumRounds = 10;
/** The smallest positive float32. */
const smallestFloat = 2 ** -149;

/**
 * Coordinate descent on a quadratic energy of each code: each bit in turn takes the sign that its field
 * wants, which is what it gains by being 1 rather than -1 given the others, until none wants to change.
 *
 * @param residuals by bit: its share of the linear part, less `couplings` times the code. Changed in place
 * @param signs the codes to start from, -1 and 1. Changed in place
 * @param couplings the quadratic part, symmetric, `bits x bits`
 * @returns the fields of the bits, `rows x bits`; their signs are the codes
 */
export function settleBits(residuals: Matrix, signs: Matrix, couplings: Matrix): Matrix {
  const fields = zeros(signs.rows, signs.columns);
  for (let i = 0; i < signs.rows; i++) {
    descend(row(residuals, i), row(signs, i), couplings, row(fields, i));
  }
  return fields;
}

function descend(
  residual: Float32Array,
  code: Float32Array,
  couplings: Matrix,
  fields: Float32Array,
): void {
  const bits = code.length;
  const { data } = couplings;
  for (let round = 0; round < maximumRounds; round++) {
    let changed = false;
    for (let j = 0; j < bits; j++) {
      const field = residual[j] + data[j * bits + j] * code[j];
      const wanted = field > 0 ? 1 : -1;
      if (wanted === code[j]) continue;
      const change = wanted - code[j];
      code[j] = wanted;
      for (let l = 0; l < bits; l++) residual[l] -= change * data[j * bits + l];
      changed = true;
    }
    if (!changed) break;
  }
  for (let j = 0; j < bits; j++) {
    const field = residual[j] + data[j * bits + j] * code[j];
    // A code that was stopped before it came to rest keeps its bits.
    fields[j] = field > 0 === code[j] > 0 ? field : code[j] > 0 ? smallestFloat : 0;
  }
}
