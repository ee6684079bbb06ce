import type { Codes } from '../../codes/codes.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { CodeGraph, CodeGraphOptions } from '../../kernels/graph/code-graph.ts';
import { defaultGraphKernel } from '../../kernels/graph/graph-kernel.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { RowPositions } from '../row-positions.ts';
import type { RowSet } from '../row-set.ts';

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
  #rows = new Uint32Array(0);
  #rowPositions = new Uint32Array(0);
  #norms = new Uint8Array(0);
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

  /** By node: where its row is among the rows of the index. */
  get positions(): Uint32Array {
    return this.#rowPositions;
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
        remedy: 'Use an InvertedIndex, or several graphs.',
        cause,
      });
    }
    for (let node = nodes - 1; node >= before; node--) this.#free.push(node);
    if (nodes <= this.#rows.length) return;
    const room = Math.max(nodes, Math.ceil(1.5 * this.#rows.length));
    const [rows, positions] = [new Uint32Array(room), new Uint32Array(room)];
    rows.set(this.#rows);
    positions.set(this.#rowPositions);
    this.#rows = rows;
    this.#rowPositions = positions;
    if (!this.#hasNorms) return;
    const norms = new Uint8Array(room);
    norms.set(this.#norms);
    this.#norms = norms;
  }

  /** Puts the codes of rows where there is room for them. */
  insert(
    codes: Codes,
    norms: Uint8Array | undefined,
    rowOfCode: (i: number) => { readonly row: number; readonly position: number },
  ): void {
    const { data, bytesPerCode } = codes;
    for (let i = 0; i < codes.rows; i++) {
      const node = this.#free.pop() as number;
      const { row, position } = rowOfCode(i);
      this.#rows[node] = row;
      this.#rowPositions[node] = position;
      if (norms && this.#hasNorms) this.#norms[node] = norms[i];
      this.#nodes.set(row, node);
      this.graph.insert(node, data.subarray(i * bytesPerCode, (i + 1) * bytesPerCode));
    }
    this.#count += codes.rows;
  }

  /** Notes where a row is now. */
  move(row: number, position: number): void {
    const node = this.#nodes.get(row);
    if (node !== undefined) this.#rowPositions[node] = position;
  }

  remove(row: number): void {
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

  /** The nodes of those of the named rows that are there; of all rows by default. */
  of(allowed: RowSet | undefined): Uint32Array {
    const nodes = new Uint32Array(Math.min(this.#count, allowed?.size ?? Infinity));
    let found = 0;
    if (allowed) {
      for (const row of allowed.rows()) {
        const node = this.#nodes.get(row);
        if (node !== undefined) nodes[found++] = node;
      }
    } else {
      for (let node = 0; node < this.graph.nodes; node++) {
        if (this.#nodes.get(this.#rows[node]) === node) nodes[found++] = node;
      }
    }
    return nodes.subarray(0, found);
  }

  /** A bitmap of the nodes of the named rows, and perhaps of some that were removed. */
  bitmapOf(allowed: RowSet): Uint8Array {
    const { nodes } = this.graph;
    const bitmap = new Uint8Array(Math.ceil(nodes / 8));
    for (let node = 0; node < nodes; node++) {
      if (allowed.has(this.#rows[node])) bitmap[node >> 3] |= 1 << (node & 7);
    }
    return bitmap;
  }
}
