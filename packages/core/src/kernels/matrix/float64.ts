/** Turns of neighbouring vectors towards one another. */
export interface Turns {
  readonly count: number;
  /** By turn: the former of the two vectors. */
  readonly first: Int32Array;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** Coordinates of vectors that lie side by side. */
export const turnLanes = 4;
