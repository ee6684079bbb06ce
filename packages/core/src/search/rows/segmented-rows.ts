import type { RowId, Slot } from './row-id.ts';
import { absentRow } from './row-id.ts';
import { RowPositions } from './row-positions.ts';
import type { FoundSlots } from './segment-rows.ts';
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
  readonly #segments: MutableSegment<Content>[] = [];
  readonly #positions = new RowPositions();
  readonly #freeIds: number[] = [];
  /** By id: which of the segments it is. */
  readonly #ordinals: number[] = [];
  #nextRow = 0;
  #count = 0;
  /** Rises whenever slots are given up: until then, slots that were found hold the rows they held. */
  removals = 0;

  constructor(createContent: () => Content) {
    this.#createContent = createContent;
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
  update(row: RowId, write: (content: Content) => void): void {
    const { segment, slot } = this.#locate(row);
    const { id, content, rows } = this.#tail();
    write(content);
    this.#place(id, rows, row);
    this.#bury(segment, slot);
  }

  /** @returns whether the row was there */
  delete(row: RowId): boolean {
    const place = this.find(row);
    if (!place) return false;
    this.#positions.delete(row);
    this.#count--;
    this.#bury(place.segment, place.slot);
    return true;
  }

  /** Which segment a row is in, and which slot of it; undefined for a row that is not there. */
  find(row: RowId): { readonly segment: number; readonly slot: Slot } | undefined {
    // What is no number would be looked up as another row.
    const isRow = Number.isSafeInteger(row) && row < 2 ** 32;
    const position = isRow ? this.#positions.get(row) : undefined;
    if (position === undefined) return undefined;
    const segment = this.#ordinals[Math.floor(position / segmentSlots)];
    return { segment, slot: position % segmentSlots };
  }

  /**
   * The slots of those of the rows that are there, by segment and in increasing order: vectors are read quickest in
   * the order in which they lie.
   */
  slotsOf(rows: ArrayLike<RowId>): FoundSlots[] {
    const places = new Uint32Array(rows.length);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const position = this.#positions.get(rows[i]);
      if (position === undefined) continue;
      const id = position >>> 16;
      places[count++] = position + (this.#ordinals[id] - id) * segmentSlots;
    }
    const sorted = places.subarray(0, count).sort();
    const found: FoundSlots[] = [];
    for (let start = 0, end = 0; start < count; start = end) {
      const segment = sorted[start] >>> 16;
      const first = segment * segmentSlots;
      // In their place, as nobody else needs what is there.
      for (; end < count && sorted[end] >>> 16 === segment; end++) sorted[end] -= first;
      found.push({ segment, slots: sorted.subarray(start, end) });
    }
    return found;
  }

  /**
   * What is at a row.
   *
   * @throws BitryoshkaError `invalid-option` for a row that is not there
   */
  at(row: RowId): { readonly content: Content; readonly slot: Slot } {
    const { segment, slot } = this.#locate(row);
    return { content: this.#segments[segment].content, slot };
  }

  /** The segments as they are now, whatever becomes of them. */
  snapshot(): Segment<Content>[] {
    return this.#segments.map(({ content, rows }) => ({ content, rows: rows.snapshot() }));
  }

  /**
   * Takes up a complete segment behind the others.
   *
   * @param numbers of the rows in its slots. Default: the next ones
   */
  adopt(content: Content, slots: number, numbers?: ArrayLike<RowId>): void {
    const rows = new SegmentRows();
    for (let slot = 0; slot < slots; slot++) rows.push(numbers?.[slot] ?? this.#nextRow + slot);
    this.#insert(this.#segments.length, content, rows);
    this.#count += slots;
    if (!numbers) this.#nextRow += slots;
  }

  /** Numbers below this are not given to rows any more. */
  skipTo(nextRow: RowId): void {
    this.#nextRow = Math.max(this.#nextRow, nextRow);
  }

  #locate(row: RowId): { readonly segment: number; readonly slot: Slot } {
    const place = this.find(row);
    if (place) return place;
    throw absentRow(row);
  }

  #place(id: number, rows: SegmentRows, row: number): void {
    this.#positions.set(row, id * segmentSlots + rows.slots);
    rows.push(row);
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
      if (rows.isAlive(slot)) this.#positions.set(rows.rowAt(slot), id * segmentSlots + slot);
    }
    return segment;
  }

  #number(): void {
    for (const [ordinal, { id }] of this.#segments.entries()) this.#ordinals[id] = ordinal;
  }

  #bury(ordinal: number, slot: number): void {
    this.removals++;
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
