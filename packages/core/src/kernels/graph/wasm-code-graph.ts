import type { NearRows } from '../kernel.ts';
import { MemoryViews } from '../memory-views.ts';
import { align, base } from '../wasm-exports.ts';
import { nearestOfNone } from '../wasm-nearest.ts';
import type { CodeGraph, CodeGraphOptions } from './code-graph.ts';
import { distanceClasses, mostClasses, walkWidth } from './code-graph.ts';
import { GraphEntries } from './graph-entries.ts';
import type { GraphExports } from './graph-exports.ts';

const nodesPerChunk = 1024;

/** Chunks of nodes from `base` on; behind their capacity what is known of nodes, and what walks need. */
export class WasmCodeGraph implements CodeGraph {
  readonly bytesPerCode: number;
  nodes = 0;
  readonly #kernel: GraphExports;
  readonly #views: MemoryViews;
  readonly #effort: number;
  readonly #chunkBytes: number;
  readonly #entries: GraphEntries = new GraphEntries();
  #capacity = 0;
  /** A bit for each node that can be found, then the rest. */
  #notesAt: number = base;
  #notesEnd: number = base;

  constructor(kernel: GraphExports, { bytesPerCode, links, effort }: CodeGraphOptions) {
    this.#kernel = kernel;
    this.#views = new MemoryViews(kernel.memory);
    this.bytesPerCode = bytesPerCode;
    this.#effort = effort;
    this.#chunkBytes = kernel.layGraph(base, bytesPerCode / 8, strideOf(bytesPerCode), links);
  }

  resize(nodes: number): void {
    if (nodes > this.#capacity) this.#grow(Math.max(nodes, Math.ceil(1.5 * this.#capacity)));
    this.nodes = Math.max(nodes, this.nodes);
  }

  insert(node: number, code: Uint8Array): void {
    this.#views.bytes.set(code, this.#codeAt(node));
    const { length } = this.#entries.nodes;
    const linked = this.#kernel.linkNode(node, length, this.#effort, walkWidth);
    if (this.#entries.note(node, linked > 0)) this.#writeEntries();
  }

  remove(node: number): void {
    this.#views.bytes[this.#notesAt + (node >> 3)] &= ~(1 << (node & 7));
  }

  bypass(first: number, end: number): void {
    this.#kernel.bypass(first, end);
    if (end < this.nodes) return;
    this.#entries.keep((node) => this.#isAlive(node), this.nodes);
    this.#writeEntries();
  }

  nearest(weights: Int8Array, effort: number, allowed?: Uint8Array): NearRows {
    const { length } = this.#entries.nodes;
    if (length === 0) return nearestOfNone;
    const { digits, shift, classes } = distanceClasses(weights);
    const kernel = this.#kernel;
    const allowedAt = allowed ? this.#writeAllowed(allowed) : this.#notesAt;
    this.#setQuery(weights, digits);
    const found = kernel.walk(length, effort, digits, shift, classes, walkWidth, allowedAt);
    const at = this.#foundAt;
    const { buffer } = this.#views.words;
    return {
      rows: new Uint32Array(buffer, at, found),
      distances: new Uint32Array(buffer, at + 4 * found, found),
    };
  }

  distances(weights: Int8Array, nodes: Uint32Array): Uint32Array {
    const { digits } = distanceClasses(weights);
    this.#setQuery(weights, digits);
    const at = this.#foundAt;
    const distancesAt = at + 4 * nodes.length;
    this.#views.words.set(nodes, at / 4);
    this.#kernel.weighNodes(at, nodes.length, digits, distancesAt);
    return new Uint32Array(this.#views.words.buffer, distancesAt, nodes.length);
  }

  #setQuery(weights: Int8Array, digits: number): void {
    const at = this.#foundAt;
    const { bytes } = this.#views;
    for (let bit = 0; bit < weights.length; bit++) bytes[at + bit] = weights[bit];
    bytes.fill(0, at + weights.length, at + this.bytesPerCode * 8);
    this.#kernel.setQuery(at, digits);
  }

  #writeEntries(): void {
    this.#views.words.set(this.#entries.nodes, (this.#kernel.entriesAt() >>> 0) / 4);
  }

  #isAlive(node: number): boolean {
    const byte = this.#views.bytes[this.#notesAt + (node >> 3)];
    return ((byte >> (node & 7)) & 1) === 1;
  }

  /** Those of the allowed nodes that can be found. */
  #writeAllowed(allowed: Uint8Array): number {
    const bytes = this.#capacity / 8;
    const at = this.#notesEnd;
    this.#views.ensure(at + bytes);
    const all = this.#views.bytes;
    for (let i = 0; i < bytes; i++) all[at + i] = allowed[i] & all[this.#notesAt + i];
    return at;
  }

  /** @throws RangeError where there is no room, and nothing is changed then */
  #grow(nodes: number): void {
    const capacity = Math.ceil(nodes / nodesPerChunk) * nodesPerChunk;
    const alive = this.#views.bytes.slice(this.#notesAt, this.#notesAt + this.#capacity / 8);
    const first = align(base + (capacity / nodesPerChunk) * this.#chunkBytes);
    // As if they began at 0, which addresses beyond 4 GiB would come to as well.
    const end = align(first + this.#layNotes(0, capacity));
    try {
      this.#views.ensure(end);
    } catch (cause) {
      this.#layNotes(this.#notesAt, this.#capacity);
      throw cause;
    }
    this.#layNotes(first, capacity);
    this.#capacity = capacity;
    this.#notesAt = first;
    this.#notesEnd = end;
    const { bytes } = this.#views;
    bytes.fill(0, first, first + capacity / 8 + capacity);
    bytes.set(alive, first);
    this.#writeEntries();
  }

  /** @returns where everything ends */
  #layNotes(first: number, capacity: number): number {
    const { bytesPerCode } = this;
    const kernel = this.#kernel;
    const classes = Math.max(mostClasses, bytesPerCode * 8 + 1);
    // The bits of a query, and the seven digits of its weights.
    const queryBytes = align(8 * bytesPerCode);
    const end = kernel.layNotes(first, queryBytes, classes, capacity);
    // A query's weights lie where what is found is written.
    return Math.max(end >>> 0, this.#foundAt + 8 * bytesPerCode);
  }

  // Addresses of 2 GiB and more come out of WebAssembly as negative numbers.

  get #foundAt(): number {
    return this.#kernel.foundAt() >>> 0;
  }

  #codeAt(node: number): number {
    return this.#kernel.codeAt(node) >>> 0;
  }
}

/** Codes lie so that they are in as few lines of a processor's cache as they can be. */
function strideOf(bytesPerCode: number): number {
  if (bytesPerCode > 64) return align(bytesPerCode);
  return 2 ** Math.ceil(Math.log2(bytesPerCode));
}
