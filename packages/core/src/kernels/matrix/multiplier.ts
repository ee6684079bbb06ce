import type { Matrix } from '../../vectors/matrix.ts';

/** A linear map and a bias that are applied again and again. What comes out may be given memory. */
export type Multiplier = (a: Matrix, into?: Matrix) => Matrix;
