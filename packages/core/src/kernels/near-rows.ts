/** Rows in the order in which they were scanned, and a distance for each. */
export interface NearRows {
  readonly rows: Uint32Array;
  readonly distances: Uint32Array;
}

export const noRows: NearRows = { rows: new Uint32Array(0), distances: new Uint32Array(0) };
