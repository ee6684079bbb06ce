import type { Matrix } from '../vectors/matrix.ts';
import { CrossProducts } from './cross-products.ts';

/** The product of the transpose of `a` with `b`, row-major, `columns(a) x columns(b)`. */
export function crossProduct(a: Matrix, b: Matrix): Float64Array {
  return new CrossProducts(a.columns, b.columns).of(a, b);
}
