import type { RowId, Slot } from './row-id.ts';
import type { RowSet } from './row-set.ts';

/** Slots of a segment. Large enough that a scan is long, small enough that compacting one is short. */
export const segmentSlots = 65536;

/** Slots that were found in a segment, in any order. */
export interface FoundSlots {
  /** Which of the segments. */
  readonly segment: number;
  readonly slots: Uint32Array;
}

/** Which slots of a segment hold rows, as of a moment: for other threads. */
export interface SharedRows {
  readonly slots: number;
  readonly deleted: number;
  /** A bit per slot; undefined where none is deleted. */
  readonly alive: Uint8Array | undefined;
}

/**
 * Which rows the slots of a segment hold, and which of them are deleted. Slots are filled once, in order;
 * that makes a snapshot a matter of remembering how many there were.
 */
export class SegmentRows {
  slots = 0;
  deleted = 0;
  /** Slot `i` holds row `#first + i` as long as there is no list. */
  #first = 0;
  #numbers: Uint32Array | undefined;
  /** A bit per slot, also for those to come; absent while nothing is deleted. */
  #alive: Uint8Array | undefined;
  #aliveIsShared = false;

  /** Rows that are not deleted. */
  get count(): number {
    return this.slots - this.deleted;
  }

  rowAt(slot: Slot): RowId {
    return this.#numbers ? this.#numbers[slot] : this.#first + slot;
  }

  isAlive(slot: Slot): boolean {
    return !this.#alive || ((this.#alive[slot >> 3] >> (slot & 7)) & 1) === 1;
  }

  /** Fills the next slot. */
  push(row: RowId): void {
    if (this.slots === 0 && !this.#numbers) this.#first = row;
    if (!this.#numbers && row !== this.#first + this.slots) {
      const numbers = new Uint32Array(Math.min(segmentSlots, Math.max(256, 2 * this.slots)));
      for (let slot = 0; slot < this.slots; slot++) numbers[slot] = this.#first + slot;
      this.#numbers = numbers;
    }
    if (this.#numbers) {
      if (this.slots === this.#numbers.length) {
        const grown = new Uint32Array(Math.min(segmentSlots, 2 * this.slots));
        grown.set(this.#numbers);
        this.#numbers = grown;
      }
      this.#numbers[this.slots] = row;
    }
    this.slots++;
  }

  delete(slot: Slot): void {
    if (!this.#alive) this.#alive = new Uint8Array(segmentSlots / 8).fill(255);
    else if (this.#aliveIsShared) this.#alive = this.#alive.slice();
    this.#aliveIsShared = false;
    this.#alive[slot >> 3] &= ~(1 << (slot & 7));
    this.deleted++;
  }

  /** The slots that are not deleted, in order. */
  aliveSlots(): Uint32Array {
    const slots = new Uint32Array(this.count);
    for (let slot = 0, i = 0; slot < this.slots; slot++) if (this.isAlive(slot)) slots[i++] = slot;
    return slots;
  }

  /**
   * The slots to score, as a bitmap; undefined for all of them, `none` where there is none.
   *
   * @param allowed row numbers; absent: all rows that are not deleted
   */
  mask(allowed: RowSet | undefined): Uint8Array | 'none' | undefined {
    if (this.count === 0) return 'none';
    if (!allowed) return this.#alive;
    if (this.#numbers) return this.#maskOf((slot) => allowed.has(this.rowAt(slot)));
    const first = this.#first;
    if (allowed.isEmptyBetween(first, first + this.slots)) return 'none';
    if (first % 8 !== 0) return this.#maskOf((slot) => allowed.has(first + slot));
    const bytes = Math.ceil(this.slots / 8);
    const within = allowed.bytes.subarray(first / 8, first / 8 + bytes);
    const alive = this.#alive;
    return alive ? within.map((byte, i) => byte & alive[i]) : within;
  }

  /** What this is now, whatever becomes of it. Costs nothing until the next deletion. */
  snapshot(): SegmentRows {
    this.#aliveIsShared = true;
    const copy = this.copy();
    copy.#alive = this.#alive;
    copy.#aliveIsShared = true;
    // Slots are filled only once, behind those that the snapshot knows.
    copy.#numbers = this.#numbers;
    return copy;
  }

  /** What this is now, for other threads; without the numbers of the rows. */
  share(): SharedRows {
    const { slots, deleted } = this;
    if (!this.#alive) return { slots, deleted, alive: undefined };
    const alive = new Uint8Array(new SharedArrayBuffer(this.#alive.length));
    alive.set(this.#alive);
    return { slots, deleted, alive };
  }

  /** What another thread shares: slot `i` holds row `first + i` here. */
  static open({ slots, deleted, alive }: SharedRows, first: number): SegmentRows {
    const rows = new SegmentRows();
    rows.slots = slots;
    rows.deleted = deleted;
    rows.#first = first;
    rows.#alive = alive;
    return rows;
  }

  /** The same with memory of its own. */
  copy(): SegmentRows {
    const copy = new SegmentRows();
    copy.slots = this.slots;
    copy.deleted = this.deleted;
    copy.#first = this.#first;
    copy.#numbers = this.#numbers?.slice();
    copy.#alive = this.#alive?.slice();
    return copy;
  }

  #maskOf(isAllowed: (slot: number) => boolean): Uint8Array {
    const mask = new Uint8Array(Math.ceil(this.slots / 8));
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.isAlive(slot) && isAllowed(slot)) mask[slot >> 3] |= 1 << (slot & 7);
    }
    return mask;
  }
}
