import type { Codes } from '../../codes/codes.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { IndexSegment } from '../index-segment.ts';
import type { CodeQuery } from '../ranking/code-scoring.ts';
import type { RowId } from '../rows/row-id.ts';
import type { RowSet } from '../rows/row-set.ts';
import type { FoundSlots } from '../rows/segment-rows.ts';
import type { SegmentedRows } from '../rows/segmented-rows.ts';
import type { ResolvedDepth } from '../search-depth.ts';

/** Rows that are new to a finder, and all that is known of them. */
export interface WrittenRows {
  readonly rows: ArrayLike<RowId>;
  readonly codes: Codes;
  /** A byte for the length of each decoded code, where the quantizer has a decoder. */
  readonly norms: Uint8Array | undefined;
  /** Of unit length; undefined where vectors are fetched. */
  readonly vectors: Matrix | undefined;
}

/**
 * Finds candidates among the rows of an index without reading the codes of all. It knows rows by number and keeps
 * codes as suits it; who re-ranks what it finds, and how rows are kept, is none of its business.
 */
export interface Finder {
  readonly kind: FinderKind;
  has(row: RowId): boolean;
  /**
   * Makes room for more rows.
   *
   * @throws BitryoshkaError `not-supported` for more than it can hold
   */
  reserve(count: number): void;
  /** Takes in rows that it does not have. */
  insert(written: WrittenRows): void;
  /** From now on a row is not found. */
  remove(row: RowId): void;
  /**
   * Candidates for a query, `depth.scored` or more; with scores where they are not re-ranked.
   *
   * @returns undefined where a scan of all codes is quicker, or finds what this does not
   */
  candidates(
    query: CodeQuery,
    depth: ResolvedDepth,
    allowed: RowSet | undefined,
  ): FoundSlots[] | undefined;
  /** How far a search looks by default: one of `efforts`, which rise. */
  effort: number;
  readonly efforts: readonly number[];
  /** Whether it was changed so much that it had better be maintained. */
  readonly isWorn: boolean;
  /** Mends what changes have left behind, in turns of a few milliseconds. */
  maintain(options: TaskOptions): Promise<void>;
  /** Everything it takes to make the same one again, in pieces. */
  save(): FinderState;
}

export type FinderKind = 'graph' | 'lists';

/** A finder as plain data: JSON, and arrays that are made when they are asked for. */
export interface FinderState {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, StateArray>>;
}

export interface StateArray {
  /** Of all pieces. */
  readonly byteLength: number;
  readonly pieces: () => Iterable<Uint8Array>;
}

/** What a finder is made for. */
export interface FinderContext extends TaskOptions {
  readonly quantizer: Quantizer;
  readonly rows: SegmentedRows<IndexSegment>;
  /** Leading bits of codes that can be scanned alone; 0 for none. */
  readonly prefixBits: number;
}

/** How to make a finder: `graph()`, `lists()`. */
export interface FinderPlan {
  readonly kind: FinderKind;
  /** @returns one that has none of the rows yet, or those that were there at the call */
  readonly create: (context: FinderContext) => Promise<Finder>;
  /**
   * What `save` of such a finder gave, made a finder again.
   *
   * @param read the next bytes of an array, in order
   * @throws BitryoshkaError `invalid-file`
   */
  readonly load: (context: FinderContext, saved: SavedFinder) => Promise<Finder>;
}

/** A saved finder, read array by array. */
export interface SavedFinder {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The whole of an array, which is checked and of the length that is expected. */
  readonly read: (name: string, byteLength: number) => Promise<Uint8Array>;
}

/** Bytes as numbers of four bytes each: the same memory where they begin at a multiple of four. */
export function asWords(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(buffer, byteOffset, length / 4);
}
