import { bytesPerCode } from '../../../codes/codes.ts';
import type { TaskOptions } from '../../../progress/task-options.ts';
import { checkpoint } from '../../../progress/task-options.ts';
import type { Quantizer } from '../../../quantizers/quantizer.ts';
import type { Matrix } from '../../../vectors/matrix.ts';
import { row as rowAt, zeros } from '../../../vectors/matrix.ts';
import type { IndexSegment } from '../../index-segment.ts';
import type { SegmentedRows } from '../../rows/segmented-rows.ts';
import type { StoredVectors } from '../../vectors/stored-vectors.ts';
import type { Centroids } from './centroids.ts';
import { CodeCentroids } from './code-centroids.ts';
import type { InvertedLists } from './inverted-lists.ts';
import { balancedKMeans, groupByCluster } from './k-means.ts';

/** What is split, and what belongs to it. */
export interface ListedCodes {
  readonly quantizer: Quantizer;
  readonly centroids: Centroids;
  readonly lists: InvertedLists;
  readonly rows: SegmentedRows<IndexSegment>;
}

/** A list is split when it has so many times as many rows as there are per list, and at least this many. */
const overgrown = 3;
const fewestToSplit = 512;

/** Lists that have grown too large and wait to be split. */
export class OvergrownLists {
  readonly #listed: ListedCodes;
  readonly #needsVectors: boolean;
  readonly #canSplit: boolean;
  readonly #waiting: Set<number> = new Set();

  /** @param hasVectors whether rows have vectors, which centroids of vectors are moved to */
  constructor(listed: ListedCodes, hasVectors: boolean) {
    this.#listed = listed;
    this.#needsVectors = !(listed.centroids instanceof CodeCentroids);
    this.#canSplit = hasVectors || !this.#needsVectors;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Puts down a list if it is too large. */
  note(list: number): void {
    if (this.#isOvergrown(list)) this.#waiting.add(list);
  }

  /** Splits what waits, one per turn. */
  async splitAll(options: TaskOptions): Promise<void> {
    for (let done = 0; this.#waiting.size > 0; done++) {
      const total = done + this.#waiting.size;
      await checkpoint(options, { stage: 'split', done, total });
      const [list] = this.#waiting;
      this.#waiting.delete(list);
      if (this.#isOvergrown(list) && this.#canSplit) await this.#split(list);
    }
  }

  #isOvergrown(list: number): boolean {
    const { lists, rows } = this.#listed;
    const size = lists.size(list);
    return size >= fewestToSplit && size > overgrown * ((lists.copies * rows.count) / lists.count);
  }

  async #split(list: number): Promise<void> {
    const { quantizer, centroids, lists } = this.#listed;
    const before = lists.members(list);
    const { bits } = quantizer;
    const bytes = bytesPerCode(bits);
    const codes = { rows: before.rows.length, bits, bytesPerCode: bytes, data: before.codes };
    const items = { codes, vectors: this.#needsVectors ? this.#gather(before.rows) : undefined };
    const halves = centroids.createEmpty();
    const assigned = await balancedKMeans(halves, items, { lists: 2, iterations: 5, seed: list });
    const members = groupByCluster(assigned, 2);
    if (members.some((half) => half.length === 0)) return;
    const added = lists.addList();
    centroids.place(list, items, members[0]);
    centroids.place(added, items, members[1]);
    const norms = lists.encodeNorms(codes, quantizer);
    for (const item of members[1]) {
      const row = before.rows[item];
      const code = before.codes.subarray(item * bytes, (item + 1) * bytes);
      // Rows that went or changed while the halves were computed are where they belong.
      const copy = lists.copyIn(list, row, code);
      if (copy === undefined) continue;
      lists.removeCopy(row, copy);
      lists.push(added, { row, copy, code, norm: norms?.[item] ?? 0 });
    }
  }

  #gather(rows: Uint32Array): Matrix {
    const vectors = zeros(rows.length, this.#listed.quantizer.inputDimensions);
    for (const [i, row] of rows.entries()) {
      const { content, slot } = this.#listed.rows.at(row);
      rowAt(vectors, i).set((content.vectors as StoredVectors).at(slot));
    }
    return vectors;
  }
}
