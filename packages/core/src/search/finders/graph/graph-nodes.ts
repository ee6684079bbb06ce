import { BitryoshkaError } from '../../../errors/bitryoshka-error.ts';
import type { CodeGraph, CodeGraphOptions } from '../../../kernels/graph/code-graph.ts';
import { defaultGraphKernel } from '../../../kernels/graph/graph-kernel.ts';
import type { TaskOptions } from '../../../progress/task-options.ts';
import { checkpoint } from '../../../progress/task-options.ts';
import type { RowId } from '../../rows/row-id.ts';
import { RowPositions } from '../../rows/row-positions.ts';
import type { RowSet } from '../../rows/row-set.ts';
import type { WrittenRows } from '../finder.ts';

/** With fewer nodes removed than this, it is not worth linking past them. */
const fewestRemoved = 256;
/** Of the nodes that can be found: as many may be removed before others are linked past them. */
const largestRemovedShare = 0.25;
/** Nodes that are linked anew in one turn: a few milliseconds. */
const nodesPerTurn = 512;

/** Which rows the nodes of a graph are, and what is kept of them besides their codes. */
export class GraphNodes {
  readonly graph: CodeGraph;
  /** The node of each row. */
  readonly #nodes: RowPositions = new RowPositions();
  #rows: Uint32Array = new Uint32Array(0);
  /** Whether node `n` has held none but row `n`, for all of them: sets of rows are sets of nodes then. */
  #isInOrder = true;
  #norms: Uint8Array = new Uint8Array(0);
  readonly #hasNorms: boolean;
  #count = 0;
  /** Nodes that were removed, which others are linked with. */
  #removed: number[] = [];
  /** Nodes that no other is linked with, where codes may be put: the next of them last. */
  readonly #free: number[] = [];

  constructor(options: CodeGraphOptions, hasNorms: boolean) {
    this.graph = defaultGraphKernel()(options);
    this.#hasNorms = hasNorms;
  }

  /** Rows that can be found. */
  get count(): number {
    return this.#count;
  }

  /** By node: the row that it holds, or held last. */
  get rows(): Uint32Array {
    return this.#rows;
  }

  has(row: RowId): boolean {
    return this.#nodes.get(row) !== undefined;
  }

  /** By node, a byte for the length of each decoded code; empty where they are not kept. */
  get norms(): Uint8Array {
    return this.#norms;
  }

  /** Whether so many were removed that others had better be linked past them. */
  get isWorn(): boolean {
    const { length } = this.#removed;
    return length >= fewestRemoved && length > largestRemovedShare * this.#count;
  }

  /**
   * Makes room for more codes.
   *
   * @throws BitryoshkaError `not-supported` for more than there is memory for
   */
  reserve(count: number): void {
    const before = this.graph.nodes;
    const nodes = before + Math.max(0, count - this.#free.length);
    if (nodes === before) return;
    try {
      this.graph.resize(nodes);
    } catch (cause) {
      throw new BitryoshkaError({
        code: 'not-supported',
        message: `got ${nodes} codes for one graph, more than its memory of at most 4 GiB holds.`,
        remedy: 'Use lists, or several indexes.',
        cause,
      });
    }
    for (let node = nodes - 1; node >= before; node--) this.#free.push(node);
    if (nodes <= this.#rows.length) return;
    const room = Math.max(nodes, Math.ceil(1.5 * this.#rows.length));
    const rows = new Uint32Array(room);
    rows.set(this.#rows);
    this.#rows = rows;
    if (!this.#hasNorms) return;
    const norms = new Uint8Array(room);
    norms.set(this.#norms);
    this.#norms = norms;
  }

  /** Puts the codes of rows where there is room for them. */
  insert({ rows, codes, norms }: Omit<WrittenRows, 'vectors'>): void {
    const { data, bytesPerCode } = codes;
    for (let i = 0; i < codes.rows; i++) {
      const node = this.#free.pop() as number;
      const row = rows[i];
      this.#rows[node] = row;
      if (row !== node) this.#isInOrder = false;
      if (norms && this.#hasNorms) this.#norms[node] = norms[i];
      this.#nodes.set(row, node);
      this.graph.insert(node, data.subarray(i * bytesPerCode, (i + 1) * bytesPerCode));
    }
    this.#count += codes.rows;
  }

  remove(row: RowId): void {
    const node = this.#nodes.get(row);
    if (node === undefined) return;
    this.#nodes.delete(row);
    this.graph.remove(node);
    this.#removed.push(node);
    this.#count--;
  }

  /** Links nodes past those that were removed, some in each turn, so that codes can be put there. */
  async linkPastRemoved(options: TaskOptions): Promise<void> {
    const removed = this.#removed;
    if (removed.length === 0) return;
    this.#removed = [];
    try {
      for (let first = 0; first < this.graph.nodes; first += nodesPerTurn) {
        const total = this.graph.nodes;
        await checkpoint(options, { stage: 'link', done: first, total });
        this.graph.bypass(first, Math.min(this.graph.nodes, first + nodesPerTurn));
      }
    } catch (cause) {
      this.#removed = removed.concat(this.#removed);
      throw cause;
    }
    for (const node of removed) this.#free.push(node);
  }

  /** A bitmap of the nodes of the named rows, and perhaps of some that were removed. */
  bitmapOf(allowed: RowSet): Uint8Array {
    const { nodes } = this.graph;
    if (this.#isInOrder) return allowed.bytes;
    const bitmap = new Uint8Array(Math.ceil(nodes / 8));
    for (let node = 0; node < nodes; node++) {
      if (allowed.has(this.#rows[node])) bitmap[node >> 3] |= 1 << (node & 7);
    }
    return bitmap;
  }

  /** Everything but the codes and links: by node its row, and a byte of length; and which nodes were removed. */
  save(): SavedNodes {
    const { nodes } = this.graph;
    const rows = this.#rows.slice(0, nodes);
    const free = Uint32Array.from(this.#free);
    const removed = Uint32Array.from(this.#removed);
    return { rows, norms: this.#norms.slice(0, nodes), free, removed };
  }

  /** Makes empty nodes those that were saved; their codes and links are loaded into the graph beside. */
  load({ rows, norms, free, removed }: SavedNodes): void {
    this.#rows = rows;
    this.#norms = norms;
    this.#removed = Array.from(removed);
    const isEmpty = new Uint8Array(rows.length);
    for (const node of free) {
      this.#free.push(node);
      isEmpty[node] = 1;
    }
    for (const node of removed) isEmpty[node] = 1;
    for (let node = 0; node < rows.length; node++) {
      if (isEmpty[node] === 1) continue;
      if (rows[node] !== node) this.#isInOrder = false;
      this.#nodes.set(rows[node], node);
      this.#count++;
    }
    // What was removed may still be in the way.
    for (const node of removed) if (rows[node] !== node) this.#isInOrder = false;
  }
}

export interface SavedNodes {
  readonly rows: Uint32Array;
  readonly norms: Uint8Array;
  readonly free: Uint32Array;
  readonly removed: Uint32Array;
}
