import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { rowRange, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { aliveBlocks } from './alive-blocks.ts';
import { checkCount } from './check-count.ts';
import { checkRows } from './check-rows.ts';
import { segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';
import { SegmentedRows } from './segmented-rows.ts';
import type { ScoredRow } from './top-rows.ts';
import { TopRows } from './top-rows.ts';
import { unitQuery } from './unit-query.ts';
import type { SearchOptions, VectorIndex, VectorSegments } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';

/** Scores every vector in float32: the truth that codes are measured by, and fast while few. */
export class ExactIndex implements VectorIndex, VectorSegments {
  readonly dimensions: number;
  readonly segmentedVectors: SegmentedRows<VectorRows>;
  /** All vectors as one list, while nothing has changed since it was asked for. */
  #list: VectorRows | undefined;

  /** @param vectors unit vectors that the index takes over */
  constructor(dimensions: number, vectors?: VectorRows) {
    this.dimensions = dimensions;
    this.segmentedVectors = new SegmentedRows(() => new VectorRows(dimensions));
    for (const part of vectors?.split() ?? []) {
      this.segmentedVectors.adopt(part, part.rows);
    }
  }

  get rows(): number {
    return this.segmentedVectors.count;
  }

  /** Of a vector. */
  get bytesPerVector(): number {
    return this.dimensions * Float32Array.BYTES_PER_ELEMENT;
  }

  add(vectors: Vectors): number {
    const unit = normalizeRows(toMatrix(vectors, { columns: this.dimensions }));
    this.#list = undefined;
    return this.segmentedVectors.append(unit.rows, (content, start, end) =>
      content.append(rowRange(unit, start, end)),
    );
  }

  update(row: number, vector: ArrayLike<number>): void {
    const unit = normalizeRows(toMatrix([vector], { columns: this.dimensions }));
    this.#list = undefined;
    this.segmentedVectors.update(row, (content) => content.append(unit));
  }

  delete(rows: Iterable<number>): number {
    let deleted = 0;
    this.#list = undefined;
    for (const row of checkRows(rows)) if (this.segmentedVectors.delete(row)) deleted++;
    return deleted;
  }

  has(row: number): boolean {
    return this.segmentedVectors.find(row) !== undefined;
  }

  search(query: ArrayLike<number>, options: SearchOptions): ScoredRow[] {
    return search(this.segmentedVectors.segments, query, options, this.dimensions);
  }

  /** The index as it is now, to search while it is changed. Keeping it costs what is deleted meanwhile. */
  snapshot(): Pick<ExactIndex, 'rows' | 'search'> {
    const { rows, dimensions } = this;
    const segments = this.segmentedVectors.snapshot();
    return { rows, search: (query, options) => search(segments, query, options, dimensions) };
  }

  vector(row: number): Float32Array {
    const { content, slot } = this.segmentedVectors.at(row);
    return content.at(slot);
  }

  select(rows: ArrayLike<number>): ExactIndex {
    const vectors = new VectorRows(this.dimensions);
    for (let i = 0; i < rows.length; i++) {
      const { content, slot } = this.segmentedVectors.at(rows[i]);
      vectors.appendFrom(content, [slot]);
    }
    return new ExactIndex(this.dimensions, vectors);
  }

  blocks(): Iterable<Matrix> {
    return aliveBlocks(this.segmentedVectors.segments, (vectors) => vectors);
  }

  /** The vectors themselves in the order of writing, without copying them while none was deleted. */
  get vectors(): VectorRows {
    this.#list ??= VectorRows.concatenate(
      this.dimensions,
      this.segmentedVectors.segments.map(({ content, rows }) =>
        rows.deleted === 0 ? content : content.select(rows.aliveSlots()),
      ),
    );
    return this.#list;
  }
}

function search(
  segments: readonly Segment<VectorRows>[],
  query: ArrayLike<number>,
  { k, allowed }: SearchOptions,
  dimensions: number,
): ScoredRow[] {
  checkCount('k', k, 0);
  const unit = unitQuery(query, dimensions);
  const top = new TopRows(k);
  for (const [ordinal, { content, rows }] of segments.entries()) {
    const mask = rows.mask(allowed);
    if (mask === 'none') continue;
    const slots: number[] = [];
    for (let slot = 0; slot < rows.slots; slot++) {
      if (!mask || ((mask[slot >> 3] >> (slot & 7)) & 1) === 1) slots.push(slot);
    }
    const scores = content.scores(slots, unit);
    for (let i = 0; i < slots.length; i++) top.offer(ordinal * segmentSlots + slots[i], scores[i]);
  }
  return top.rows().map(({ row: place, score }) => {
    const { rows } = segments[Math.floor(place / segmentSlots)];
    return { row: rows.rowAt(place % segmentSlots), score };
  });
}
