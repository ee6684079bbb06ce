import type { CountingExports } from '../wasm-exports.ts';

/** What the compiled kernel of graphs offers. */
export interface GraphExports extends CountingExports {
  layGraph(first: number, words: number, codeStride: number, links: number): number;
  layNotes(first: number, queryBytes: number, classes: number, nodes: number): number;
  entriesAt(): number;
  foundAt(): number;
  codeAt(node: number): number;
  linkNode(node: number, entryCount: number, effort: number, width: number): number;
  bypass(first: number, end: number): void;
  setQuery(weights: number, digits: number): void;
  walk(
    entryCount: number,
    wanted: number,
    digits: number,
    shift: number,
    classes: number,
    width: number,
    allowed: number,
  ): number;
  weighNodes(nodes: number, count: number, digits: number, distances: number): void;
}
