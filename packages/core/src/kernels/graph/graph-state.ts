/** What a graph is besides its nodes' codes and links: plain data, the same from every kernel. */
export interface GraphState {
  /** How many nodes there is room for. */
  readonly nodes: number;
  /** Bitmap of the nodes that can be found. */
  readonly alive: Uint8Array;
  readonly entries: EntriesState;
}

/** Where walks begin, and what decides which of the nodes to come are entries. */
export interface EntriesState {
  readonly nodes: Uint32Array;
  readonly inserted: number;
  /** Every so many nodes that are inserted, one is an entry. */
  readonly step: number;
}

/** Nodes that follow one another. */
export interface GraphBlock {
  /** As many for each node as it may have, those that are absent last. */
  readonly links: Uint32Array;
  /** One after the other; zeros where there never was one. */
  readonly codes: Uint8Array;
}

/** What takes the place of a link that is absent. */
export const absentLink = 0xffffffff;
