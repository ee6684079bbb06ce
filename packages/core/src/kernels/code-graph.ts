import type { BitPlanes, RowSums } from './kernel.ts';
import { popcount } from './popcount.ts';

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
   * The nodes of the largest sums, as `CodeMemory.planeSums` counts them, that a walk finds.
   *
   * @param effort how many nodes a walk keeps: at least so many are found where there are so many, unless
   *   they cannot be reached
   * @param allowed bitmap of the nodes that may be found, with a bit for all of them. Default: all
   * @returns the largest first: where sums may be more than 4,095 apart, with what is in one class of 4,096 in
   *   any order. Views that are valid until the next call
   */
  nearest(planes: BitPlanes, effort: number, allowed?: Uint8Array): RowSums;
  /** The sums of named nodes. A view that is valid until the next call. */
  sums(planes: BitPlanes, nodes: Uint32Array): Int32Array;
}

/** Classes that the distances of a walk fall in, at most. */
export const graphClasses = 4096;

/** The number of no node. */
export const noNode = 0xffffffff;

/** What the sums of a query's planes over the bits of a code may come to. */
export interface SumRange {
  readonly least: number;
  readonly most: number;
}

export function sumRange({ digits, words }: BitPlanes): SumRange {
  const planes = new Uint32Array(new Uint8Array(words).buffer);
  let [least, most] = [0, 0];
  for (let first = 0; first < planes.length; first += 2 * digits) {
    for (let half = first; half < first + 2; half++) {
      // Two's complement: the last digit counts negative.
      const negative = planes[half + 2 * (digits - 1)];
      least -= popcount(negative) << (digits - 1);
      for (let digit = 0; digit < digits - 1; digit++) {
        const plane = planes[half + 2 * digit];
        least += popcount(plane & negative) << digit;
        most += popcount(plane & ~negative) << digit;
      }
    }
  }
  return { least, most };
}

/** By how many bits sums have to be shortened to be told apart by classes. */
export function classShift({ least, most }: SumRange): number {
  let shift = 0;
  while ((most - least) >> shift >= graphClasses) shift++;
  return shift;
}
