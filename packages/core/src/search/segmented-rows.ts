import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { RowPositions } from './row-positions.ts';
import type { RowSet } from './row-set.ts';
import { SegmentRows, segmentSlots } from './segment-rows.ts';

/** What an index keeps by slot: codes, vectors. Slots are filled once, in order. */
export interface SegmentContent<Self> {
  /** Fills the next slots with those named of another segment. */
  appendFrom(other: Self, slots: ArrayLike<number>): void;
}

/** A run of up to 65,536 slots, for a search to read. */
export interface Segment<Content> {
  readonly content: Content;
  readonly rows: SegmentRows;
}

interface MutableSegment<Content> extends Segment<Content> {
  /** Names the segment in the table of positions; taken over by what replaces it. */
  readonly id: number;
}

/** Rows that are written at a time, to bound what writing them needs in between. */
export const mostWritten = 1024;
/** With fewer deleted slots than this, a segment is not worth compacting. */
const fewestDeleted = 256;
/** Of a segment's slots: as many may be deleted before it is compacted. */
const largestDeletedShare = 0.25;
/** Two neighbours that fill no more than this share of one are put together. */
const mergedShare = 0.75;

/**
 * Rows with numbers that stay, in segments whose slots are filled once and in order. An update fills a new
 * slot and deletes the old one. A segment with many deleted slots is replaced by one without; whoever
 * still reads the old one is not disturbed. So nothing is ever moved under a reader, and no addition
 * copies what is there.
 */
export class SegmentedRows<Content extends SegmentContent<Content>> {
  readonly #createContent: () => Content;
  readonly #onMove: ((row: number, position: number) => void) | undefined;
  readonly #segments: MutableSegment<Content>[] = [];
  readonly #positions = new RowPositions();
  readonly #freeIds: number[] = [];
  /** By id: which of the segments it is. */
  readonly #ordinals: number[] = [];
  #nextRow = 0;
  #count = 0;

  /** @param onMove is told where a row is now, for who keeps positions: those that are given hold until then */
  constructor(createContent: () => Content, onMove?: (row: number, position: number) => void) {
    this.#createContent = createContent;
    this.#onMove = onMove;
  }

  /** Rows that were added and not deleted. */
  get count(): number {
    return this.#count;
  }

  /** The number that the next added row gets. */
  get nextRow(): number {
    return this.#nextRow;
  }

  /** In the order of writing: earlier rows in earlier segments, and within one in earlier slots. */
  get segments(): readonly Segment<Content>[] {
    return this.#segments;
  }

  /**
   * @param write puts items `start` to `end` (exclusive), `mostWritten` at most, into the next slots of a
   *   segment
   * @returns the number of the first row; the others follow
   */
  append(count: number, write: (content: Content, start: number, end: number) => void): number {
    const first = this.#nextRow;
    try {
      for (let start = 0; start < count; ) {
        const { id, content, rows } = this.#tail();
        const end = Math.min(count, start + mostWritten, start + segmentSlots - rows.slots);
        write(content, start, end);
        this.#count += end - start;
        for (; start < end; start++) this.#place(id, rows, this.#nextRow++);
      }
    } catch (cause) {
      // Such as a disk that is full: nothing was added then.
      for (let row = first; row < this.#nextRow; row++) this.delete(row);
      throw cause;
    }
    return first;
  }

  /**
   * @param write puts the row's new value into the next slot of a segment
   * @throws BitryoshkaError `invalid-option` for a row that is not there
   */
  update(row: number, write: (content: Content) => void): void {
    const { ordinal, slot } = this.#locate(row);
    const { id, content, rows } = this.#tail();
    write(content);
    this.#place(id, rows, row);
    this.#bury(ordinal, slot);
  }

  /** @returns whether the row was there */
  delete(row: number): boolean {
    const place = this.find(row);
    if (!place) return false;
    this.#positions.delete(row);
    this.#count--;
    this.#bury(place.ordinal, place.slot);
    return true;
  }

  /** Which segment a row is in, and which slot of it; undefined for a row that is not there. */
  find(row: number): { readonly ordinal: number; readonly slot: number } | undefined {
    // What is no number would be looked up as another row.
    const position = Number.isSafeInteger(row) ? this.#positions.get(row) : undefined;
    if (position === undefined) return undefined;
    const ordinal = this.#ordinals[Math.floor(position / segmentSlots)];
    return { ordinal, slot: position % segmentSlots };
  }

  /** Where a row is, until it is moved; undefined for a row that is not there. */
  position(row: number): number | undefined {
    return this.#positions.get(row);
  }

  /** The place, as in `Candidates`, that a position is now. */
  placeOf(position: number): number {
    const id = Math.floor(position / segmentSlots);
    return position + (this.#ordinals[id] - id) * segmentSlots;
  }

  /**
   * What is at a row.
   *
   * @throws BitryoshkaError `invalid-option` for a row that is not there
   */
  at(row: number): { readonly content: Content; readonly slot: number } {
    const { ordinal, slot } = this.#locate(row);
    return { content: this.#segments[ordinal].content, slot };
  }

  /** The segments as they are now, whatever becomes of them. */
  snapshot(): Segment<Content>[] {
    return this.#segments.map(({ content, rows }) => ({ content, rows: rows.snapshot() }));
  }

  /** Takes up a complete segment behind the others; its slots become the next rows. */
  adopt(content: Content, slots: number): void {
    const rows = new SegmentRows();
    for (let slot = 0; slot < slots; slot++) rows.push(this.#nextRow++);
    this.#insert(this.#segments.length, content, rows);
    this.#count += slots;
  }

  /** The same rows under the same numbers, with other contents. */
  convert<Other extends SegmentContent<Other>>(
    createContent: () => Other,
    contents: readonly Other[],
  ): SegmentedRows<Other> {
    const converted = new SegmentedRows(createContent);
    for (const [i, { rows }] of this.#segments.entries()) {
      converted.#insert(i, contents[i], rows.copy());
    }
    converted.#nextRow = this.#nextRow;
    converted.#count = this.#count;
    return converted;
  }

  /** Where those of the named rows are that are there, as in `Candidates`, in the order of writing. */
  places(named: RowSet): Float64Array {
    const places: number[] = [];
    for (const row of named.rows()) {
      const place = this.find(row);
      if (place) places.push(place.ordinal * segmentSlots + place.slot);
    }
    return Float64Array.from(places).sort();
  }

  #locate(row: number): { readonly ordinal: number; readonly slot: number } {
    const place = this.find(row);
    if (place) return place;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `row: got ${row}, expected the number of a row that is in the index.`,
      remedy: 'Use the numbers that add returned, of rows that were not deleted.',
    });
  }

  #place(id: number, rows: SegmentRows, row: number): void {
    this.#setPosition(row, id * segmentSlots + rows.slots);
    rows.push(row);
  }

  #setPosition(row: number, position: number): void {
    this.#positions.set(row, position);
    this.#onMove?.(row, position);
  }

  #tail(): MutableSegment<Content> {
    const last = this.#segments.at(-1);
    if (last && last.rows.slots < segmentSlots) return last;
    return this.#insert(this.#segments.length, this.#createContent(), new SegmentRows());
  }

  /** Takes up a segment that is complete or empty, and notes where its rows are. */
  #insert(ordinal: number, content: Content, rows: SegmentRows): MutableSegment<Content> {
    const id = this.#freeIds.pop() ?? this.#ordinals.length;
    const segment = { id, content, rows };
    this.#segments.splice(ordinal, 0, segment);
    this.#number();
    for (let slot = 0; slot < rows.slots; slot++) {
      if (rows.isAlive(slot)) this.#setPosition(rows.rowAt(slot), id * segmentSlots + slot);
    }
    return segment;
  }

  #number(): void {
    for (const [ordinal, { id }] of this.#segments.entries()) this.#ordinals[id] = ordinal;
  }

  #bury(ordinal: number, slot: number): void {
    const { rows } = this.#segments[ordinal];
    rows.delete(slot);
    if (rows.deleted < fewestDeleted || rows.deleted < largestDeletedShare * rows.slots) return;
    const fits = (other: number) =>
      rows.count + (this.#segments[other]?.rows.count ?? Infinity) <= mergedShare * segmentSlots;
    if (fits(ordinal + 1)) this.#compact(ordinal, ordinal + 2);
    else if (fits(ordinal - 1)) this.#compact(ordinal - 1, ordinal + 1);
    else this.#compact(ordinal, ordinal + 1);
  }

  /**
   * Replaces a run of segments by one without deleted slots. Where that cannot be made, on a disk that is full,
   * say, the old ones stay: what was deleted is deleted, and a later deletion tries again.
   */
  #compact(start: number, end: number): void {
    const old = this.#segments.slice(start, end);
    const rows = new SegmentRows();
    let content: Content;
    try {
      content = this.#createContent();
      for (const segment of old) {
        const slots = segment.rows.aliveSlots();
        content.appendFrom(segment.content, slots);
        for (const slot of slots) rows.push(segment.rows.rowAt(slot));
      }
    } catch {
      return;
    }
    this.#segments.splice(start, end - start);
    this.#freeIds.push(...old.map(({ id }) => id));
    if (rows.slots > 0) this.#insert(start, content, rows);
    else this.#number();
  }
}
