import type { NearRows } from '../near-rows.ts';
import type { GraphBlock, GraphState } from './graph-state.ts';

export interface CodeGraphOptions {
  /** Of a code, a multiple of 8. */
  readonly bytesPerCode: number;
  /** With how many others a node may be linked, an even number from 4 up: half as many when it is inserted. */
  readonly links: number;
  /** How many near nodes are looked at to link a new one: more find better links, in more time. */
  readonly effort: number;
}

/**
 * Codes as the nodes of a graph, each linked with near ones, so that the nearest to a query are found by walking
 * along links: a few thousand codes are looked at, however many there are. Not all of the nearest are found, but
 * the more the farther a walk goes.
 */
export interface CodeGraph {
  readonly bytesPerCode: number;
  /** How many nodes there is room for. */
  readonly nodes: number;
  /** Makes room for more nodes. */
  resize(nodes: number): void;
  /**
   * Puts a code at a node, where none is, and links it.
   *
   * @param code of `bytesPerCode` bytes
   */
  insert(node: number, code: Uint8Array): void;
  /** From now on a node is not found. Walks still go along its links, so that no other is lost. */
  remove(node: number): void;
  /**
   * Links nodes from `first` to `end` (exclusive) past those that were removed. When this was done for all nodes,
   * nothing is linked with those that were removed before, and codes may be inserted there.
   */
  bypass(first: number, end: number): void;
  /**
   * The nodes of the smallest distances that a walk finds. A distance is the sum of the weights, without their signs, of
   * all bits that are 0 where the weight is positive, or 1 where it is negative.
   *
   * @param weights one per bit, from -127 to 127: distances are counted by the binary digits of the largest, so that
   *   small ones are quicker
   * @param effort how many nodes a walk keeps: at least so many are found where there are so many, unless they
   *   cannot be reached
   * @param allowed bitmap of the nodes that may be found, with a bit for all of them. Default: all
   * @returns the nearest first; where weights come to more than 4,095, what is in one class of 4,096 in any order.
   *   Views that are valid until the next call
   */
  nearest(weights: Int8Array, effort: number, allowed?: Uint8Array): NearRows;
  /** The distances of named nodes. A view that is valid until the next call. */
  distances(weights: Int8Array, nodes: Uint32Array): Uint32Array;
  /** All but codes and links, as a copy. */
  save(): GraphState;
  /** Copies the codes and links of nodes from `first` to `end` (exclusive). */
  saveBlock(first: number, end: number): GraphBlock;
  /**
   * Begins to make an empty graph what another was: it is so once `loadBlock` was given all nodes. Before, nothing is
   * found, and nothing may be changed.
   *
   * @throws BitryoshkaError `invalid-file`, and RangeError where there is no room; nothing is changed then
   */
  load(state: GraphState): void;
  /**
   * Takes up the next nodes: a few thousand at once take a few milliseconds.
   *
   * @throws BitryoshkaError `invalid-file`, and nothing of the block is taken up then
   */
  loadBlock(block: GraphBlock): void;
}

/** Nodes whose links a walk looks at together. */
export const walkWidth = 4;

/** How distances by weights are counted, and told apart on a walk. */
export interface DistanceClasses {
  /** Binary digits of the largest weight. */
  readonly digits: number;
  /** By how many bits distances are shortened. */
  readonly shift: number;
  readonly classes: number;
}

/** Classes that the distances of a walk fall in, at most. */
export const mostClasses = 4096;

export function distanceClasses(weights: Int8Array): DistanceClasses {
  let [total, largest] = [0, 1];
  for (let bit = 0; bit < weights.length; bit++) {
    const size = Math.abs(weights[bit]);
    total += size;
    if (size > largest) largest = size;
  }
  let shift = 0;
  while (total >> shift >= mostClasses) shift++;
  return { digits: 32 - Math.clz32(largest), shift, classes: (total >> shift) + 1 };
}
