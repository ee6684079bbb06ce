import type { Codes } from '../codes/codes.ts';
import type { Matrix } from '../vectors/matrix.ts';

/** The smallest and largest length of a decoded document: the scale of the lengths kept in a byte. */
export type NormRange = readonly [smallest: number, largest: number];

/**
 * What a query is to a decoder: its cosine with a decoded code is the sum, over the code, of what is here,
 * plus the constant, divided by the length of the decoded vector.
 */
type DecodedQuery = QueryByBits | QueryByBytes;

export interface QueryByBits {
  /** One per bit: added where it is 1, taken away where it is 0. */
  readonly values: Float32Array;
  readonly constant: number;
}

export interface QueryByBytes {
  /** 256 for every byte of a code. */
  readonly tables: Float32Array;
  readonly constant: number;
}

/** Restores vectors from codes, so that queries score codes in the space of the vectors. */
export interface Decoder {
  /** The scale of the lengths that are kept in a byte. */
  readonly normRange: NormRange;
  /** The vectors that the codes stand for, not of unit length. */
  decode(codes: Codes): Matrix;
  query(vector: Float32Array): DecodedQuery;
  /** The lengths of the decoded codes. */
  norms(codes: Codes): Float32Array;
  /** The same, a byte each: linear between the two of `normRange`. */
  encodeNorms(codes: Codes): Uint8Array;
  /** 1 / length for each of the 256 bytes that `encodeNorms` may give; 0 for no length at all. */
  inverseNorms(): Float32Array;
}
