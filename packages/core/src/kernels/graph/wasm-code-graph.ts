import type { NearRows } from '../near-rows.ts';
import { noRows } from '../near-rows.ts';
import { align, base, MemoryViews } from '../wasm-memory.ts';
import type { CodeGraph, CodeGraphOptions } from './code-graph.ts';
import { distanceClasses, mostClasses, walkWidth } from './code-graph.ts';
import { GraphEntries } from './graph-entries.ts';
import type { GraphExports } from './graph-exports.generated.ts';
import { GraphLoad } from './graph-load.ts';
import type { GraphBlock, GraphState } from './graph-state.ts';
import { absentLink } from './graph-state.ts';

const nodesPerChunk = 1024;

/** Chunks of nodes from `base` on; behind their capacity what is known of nodes, and what walks need. */
export class WasmCodeGraph implements CodeGraph {
  readonly bytesPerCode: number;
  nodes = 0;
  readonly #kernel: GraphExports;
  readonly #views: MemoryViews;
  readonly #options: CodeGraphOptions;
  readonly #stride: number;
  readonly #chunkBytes: number;
  readonly #entries: GraphEntries = new GraphEntries();
  #capacity = 0;
  /** A bit for each node that can be found, then the rest. */
  #notesAt: number = base;
  #notesEnd: number = base;
  /** Bitmap of the nodes that there ever was a code at: what lies elsewhere is nothing. */
  #placed = new Uint8Array(0);
  #load: GraphLoad | undefined;

  constructor(kernel: GraphExports, options: CodeGraphOptions) {
    const { bytesPerCode, links } = options;
    this.#kernel = kernel;
    this.#views = new MemoryViews(kernel.memory);
    this.#views.ensure(base);
    this.bytesPerCode = bytesPerCode;
    this.#options = options;
    this.#stride = strideOf(bytesPerCode);
    this.#chunkBytes = kernel.layGraph({
      first: base,
      wordsPerCode: bytesPerCode / 8,
      stride: this.#stride,
      mostLinks: links,
    });
  }

  resize(nodes: number): void {
    if (nodes > this.#capacity) this.#grow(Math.max(nodes, Math.ceil(1.5 * this.#capacity)));
    this.nodes = Math.max(nodes, this.nodes);
  }

  insert(node: number, code: Uint8Array): void {
    this.#views.bytes.set(code, this.#codeAt(node));
    const { length } = this.#entries.nodes;
    const linked = this.#kernel.linkNode({
      node,
      entryCount: length,
      effort: this.#options.effort,
      width: walkWidth,
    });
    this.#placed[node >> 3] |= 1 << (node & 7);
    if (this.#entries.note(node, linked > 0)) this.#writeEntries();
  }

  remove(node: number): void {
    this.#views.bytes[this.#notesAt + (node >> 3)] &= ~(1 << (node & 7));
  }

  bypass(first: number, end: number): void {
    this.#kernel.bypass({ first, end });
    if (end < this.nodes) return;
    this.#entries.keep((node) => this.#isAlive(node), this.nodes);
    this.#writeEntries();
  }

  nearest(weights: Int8Array, effort: number, allowed?: Uint8Array): NearRows {
    const { length } = this.#entries.nodes;
    if (length === 0) return noRows;
    const { digits, shift, classes } = distanceClasses(weights);
    const kernel = this.#kernel;
    const allowedAt = allowed ? this.#writeAllowed(allowed) : this.#notesAt;
    this.#setQuery(weights, digits);
    const found = kernel.walk({
      entryCount: length,
      wanted: effort,
      digits,
      shift,
      classes,
      width: walkWidth,
      allowed: allowedAt,
    });
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
    this.#kernel.weighNodes({
      nodes: at,
      count: nodes.length,
      digits,
      distances: distancesAt,
    });
    return new Uint32Array(this.#views.words.buffer, distancesAt, nodes.length);
  }

  save(): GraphState {
    const alive = this.#views.bytes.slice(this.#notesAt, this.#notesAt + Math.ceil(this.nodes / 8));
    return { nodes: this.nodes, alive, entries: this.#entries.save() };
  }

  saveBlock(first: number, end: number): GraphBlock {
    const { bytesPerCode } = this;
    const { links: degree } = this.#options;
    const links = new Uint32Array((end - first) * degree);
    const codes = new Uint8Array((end - first) * bytesPerCode);
    const { bytes, words } = this.#views;
    for (const run of this.#runs(first, end)) {
      const to = run.first - first;
      const { codesAt, linksAt } = run;
      codes.set(bytes.subarray(codesAt, codesAt + run.count * bytesPerCode), to * bytesPerCode);
      links.set(words.subarray(linksAt / 4, linksAt / 4 + run.count * degree), to * degree);
    }
    for (let node = first; node < end; node++) {
      if (((this.#placed[node >> 3] >> (node & 7)) & 1) === 1) continue;
      const i = node - first;
      codes.fill(0, i * bytesPerCode, (i + 1) * bytesPerCode);
      links.fill(absentLink, i * degree, (i + 1) * degree);
    }
    return { links, codes };
  }

  load(state: GraphState): void {
    const load = new GraphLoad(state, this.#options);
    this.resize(state.nodes);
    this.#load = load;
    this.#endLoad(load);
  }

  loadBlock({ links, codes }: GraphBlock): void {
    const load = this.#load as GraphLoad;
    const { first, end } = load.next({ links, codes });
    const { bytesPerCode } = this;
    const { links: degree } = this.#options;
    const { bytes, words } = this.#views;
    for (const run of this.#runs(first, end)) {
      const from = run.first - first;
      const to = from + run.count;
      bytes.set(codes.subarray(from * bytesPerCode, to * bytesPerCode), run.codesAt);
      words.set(links.subarray(from * degree, to * degree), run.linksAt / 4);
    }
    for (let node = first; node < end; node++) this.#placed[node >> 3] |= 1 << (node & 7);
    this.#endLoad(load);
  }

  /** What leads to nodes comes last, so that nothing leads to one that is not there. */
  #endLoad({ isComplete, state }: GraphLoad): void {
    if (!isComplete) return;
    this.#views.bytes.set(state.alive, this.#notesAt);
    this.#entries.load(state.entries);
    this.#writeEntries();
    this.#load = undefined;
  }

  /** Nodes whose links, and whose codes as well, lie one behind the other. */
  *#runs(first: number, end: number): Generator<Run> {
    const most = this.#stride === this.bytesPerCode ? nodesPerChunk : 1;
    for (let node = first; node < end; ) {
      const count = Math.min(end - node, most - (node % most));
      const linksAt = this.#kernel.linksAt(node) >>> 0;
      yield { first: node, count, codesAt: this.#codeAt(node), linksAt };
      node += count;
    }
  }

  #setQuery(weights: Int8Array, digits: number): void {
    const at = this.#foundAt;
    const { bytes } = this.#views;
    for (let bit = 0; bit < weights.length; bit++) bytes[at + bit] = weights[bit];
    bytes.fill(0, at + weights.length, at + this.bytesPerCode * 8);
    this.#kernel.setQuery({ weights: at, digits });
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
    const placed = new Uint8Array(capacity / 8);
    placed.set(this.#placed);
    this.#placed = placed;
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
    const end = kernel.layNotes({ first, queryBytes, classes, nodes: capacity });
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

interface Run {
  readonly first: number;
  readonly count: number;
  readonly codesAt: number;
  readonly linksAt: number;
}

/** Codes lie so that they are in as few lines of a processor's cache as they can be. */
function strideOf(bytesPerCode: number): number {
  if (bytesPerCode > 64) return align(bytesPerCode);
  return 2 ** Math.ceil(Math.log2(bytesPerCode));
}
