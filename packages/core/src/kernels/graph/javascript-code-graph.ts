import type { NearRows } from '../near-rows.ts';
import { popcount } from '../popcount.ts';
import type { CodeGraph, CodeGraphOptions } from './code-graph.ts';
import { distanceClasses, walkWidth } from './code-graph.ts';
import { GraphEntries } from './graph-entries.ts';
import { GraphLoad } from './graph-load.ts';
import type { GraphBlock, GraphState } from './graph-state.ts';
import { absentLink } from './graph-state.ts';

/** What a walk notes of a node. */
interface Note {
  readonly node: number;
  readonly group: number;
  readonly distance: number;
  /** Whether it can be found, or is walked through only. */
  readonly isFound: boolean;
}

/** Nodes by distance, of which the farthest are given up on when enough are nearer. */
class Notes {
  readonly all: Note[] = [];
  readonly #wanted: number;
  readonly #sizes: Uint32Array;
  #near = 0;
  last: number;

  constructor(classes: number, wanted: number) {
    this.#wanted = wanted;
    this.#sizes = new Uint32Array(classes);
    this.last = classes - 1;
  }

  add(note: Note): void {
    this.all.push(note);
    if (!note.isFound) return;
    this.#sizes[note.group]++;
    this.#near++;
    while (this.last > 0 && this.#near - this.#sizes[this.last] >= this.#wanted) {
      this.#near -= this.#sizes[this.last--];
    }
  }

  /** What can be found, nearest first and otherwise as it was noted. */
  inOrder(): Note[] {
    return this.all
      .filter(({ group, isFound }) => isFound && group <= this.last)
      .sort((a, b) => a.group - b.group);
  }
}

/** The twin of the graph in WebAssembly: it links the same nodes, and walks the same way. */
export class JavascriptCodeGraph implements CodeGraph {
  readonly bytesPerCode: number;
  nodes = 0;
  readonly #degree: number;
  readonly #effort: number;
  readonly #codes: Uint32Array[] = [];
  readonly #links: number[][] = [];
  readonly #alive: boolean[] = [];
  readonly #entries: GraphEntries = new GraphEntries();
  readonly #options: CodeGraphOptions;
  #load: GraphLoad | undefined;

  constructor(options: CodeGraphOptions) {
    this.bytesPerCode = options.bytesPerCode;
    this.#degree = options.links;
    this.#effort = options.effort;
    this.#options = options;
  }

  resize(nodes: number): void {
    this.nodes = Math.max(nodes, this.nodes);
  }

  insert(node: number, code: Uint8Array): void {
    this.#codes[node] = new Uint32Array(new Uint8Array(code).buffer);
    const found = this.#walk({
      classes: this.bytesPerCode * 8 + 1,
      shift: 0,
      wanted: this.#effort,
      canBeFound: (other) => this.#alive[other],
      distanceOf: (other) => this.#distance(node, other),
    });
    this.#links[node] = this.#choose(found, this.#degree / 2);
    for (const other of this.#links[node]) this.#addLink(other, node);
    this.#alive[node] = true;
    this.#entries.note(node, this.#links[node].length > 0);
  }

  remove(node: number): void {
    this.#alive[node] = false;
  }

  bypass(first: number, end: number): void {
    for (let node = first; node < end; node++) {
      if (!this.#alive[node] || this.#links[node].every((other) => this.#alive[other])) continue;
      const others = new Set(
        this.#links[node].flatMap((other) => (this.#alive[other] ? [other] : this.#links[other])),
      );
      others.delete(node);
      const near = [...others].filter((other) => this.#alive[other]);
      this.#links[node] = this.#choose(this.#byDistance(node, near), this.#degree);
    }
    if (end >= this.nodes) this.#entries.keep((node) => this.#alive[node], this.nodes);
  }

  nearest(weights: Int8Array, effort: number, allowed?: Uint8Array): NearRows {
    const found = this.#walk({
      ...distanceClasses(weights),
      wanted: effort,
      canBeFound: (node) =>
        this.#alive[node] && (!allowed || ((allowed[node >> 3] >> (node & 7)) & 1) === 1),
      distanceOf: (node) => this.#weigh(weights, node),
    });
    return {
      rows: Uint32Array.from(found, ({ node }) => node),
      distances: Uint32Array.from(found, ({ distance }) => distance),
    };
  }

  distances(weights: Int8Array, nodes: Uint32Array): Uint32Array {
    return Uint32Array.from(nodes, (node) => this.#weigh(weights, node));
  }

  save(): GraphState {
    const alive = new Uint8Array(Math.ceil(this.nodes / 8));
    for (let node = 0; node < this.nodes; node++) {
      if (this.#alive[node]) alive[node >> 3] |= 1 << (node & 7);
    }
    return { nodes: this.nodes, alive, entries: this.#entries.save() };
  }

  saveBlock(first: number, end: number): GraphBlock {
    const links = new Uint32Array((end - first) * this.#degree).fill(absentLink);
    const codes = new Uint8Array((end - first) * this.bytesPerCode);
    for (let node = first; node < end; node++) {
      if (!this.#codes[node]) continue;
      links.set(this.#links[node], (node - first) * this.#degree);
      codes.set(new Uint8Array(this.#codes[node].buffer), (node - first) * this.bytesPerCode);
    }
    return { links, codes };
  }

  load(state: GraphState): void {
    const load = new GraphLoad(state, this.#options);
    this.resize(state.nodes);
    this.#load = load;
    this.#endLoad(load);
  }

  loadBlock(block: GraphBlock): void {
    const load = this.#load as GraphLoad;
    const { first, end } = load.next(block);
    for (let node = first; node < end; node++) {
      const [i, bytes] = [node - first, this.bytesPerCode];
      this.#codes[node] = new Uint32Array(block.codes.slice(i * bytes, (i + 1) * bytes).buffer);
      const links = block.links.subarray(i * this.#degree, (i + 1) * this.#degree);
      this.#links[node] = Array.from(links.filter((other) => other !== absentLink));
    }
    this.#endLoad(load);
  }

  /** What leads to nodes comes last, so that nothing leads to one that is not there. */
  #endLoad({ isComplete, state }: GraphLoad): void {
    if (!isComplete) return;
    for (let node = 0; node < state.nodes; node++) {
      this.#alive[node] = ((state.alive[node >> 3] >> (node & 7)) & 1) === 1;
    }
    this.#entries.load(state.entries);
    this.#load = undefined;
  }

  #weigh(weights: Int8Array, node: number): number {
    const code = this.#codes[node];
    let distance = 0;
    for (let bit = 0; bit < weights.length; bit++) {
      const isOne = ((code[bit >> 5] >> (bit & 31)) & 1) === 1;
      if (isOne !== weights[bit] > 0) distance += Math.abs(weights[bit]);
    }
    return distance;
  }

  #walk({
    classes,
    shift,
    wanted,
    canBeFound,
    distanceOf,
  }: {
    readonly classes: number;
    readonly shift: number;
    readonly wanted: number;
    readonly canBeFound: (node: number) => boolean;
    readonly distanceOf: (node: number) => number;
  }): Note[] {
    const notes = new Notes(classes, wanted);
    const visited = new Set<number>();
    // By class: those whose links were not looked at, the last that was noted first.
    const waiting: number[][] = [];
    for (let links = [...this.#entries.nodes]; links.length > 0; ) {
      const fresh = links.filter((node) => !visited.has(node) && visited.add(node));
      for (const node of fresh) {
        const distance = distanceOf(node);
        const group = distance >> shift;
        if (group > notes.last) continue;
        notes.add({ node, group, distance, isFound: canBeFound(node) });
        waiting[group] ??= [];
        waiting[group].push(node);
      }
      links = [];
      for (let step = 0; step < walkWidth; step++) {
        const nearest = waiting.findIndex((nodes) => nodes?.length > 0);
        if (nearest < 0 || nearest > notes.last) break;
        links.push(...this.#links[waiting[nearest].pop() as number]);
      }
    }
    return notes.inOrder();
  }

  /** Of nodes, nearest first, those that are nearer to a node than to any that was chosen before. */
  #choose(near: readonly Note[], most: number): number[] {
    const chosen: number[] = [];
    for (const { node, distance } of near) {
      if (chosen.length === most) break;
      // Whoever comes to one of many that are alike has to come out again.
      if (distance === 0 && chosen.length === most >> 1) continue;
      if (chosen.every((other) => this.#distance(node, other) >= distance)) chosen.push(node);
    }
    return chosen;
  }

  #addLink(from: number, to: number): void {
    const links = [...this.#links[from], to];
    this.#links[from] =
      links.length <= this.#degree
        ? links
        : this.#choose(this.#byDistance(from, links), this.#degree);
  }

  #byDistance(from: number, nodes: readonly number[]): Note[] {
    const notes = new Notes(this.bytesPerCode * 8 + 1, Infinity);
    for (const node of nodes) {
      const distance = this.#distance(from, node);
      notes.add({ node, group: distance, distance, isFound: true });
    }
    return notes.inOrder();
  }

  #distance(a: number, b: number): number {
    const [codeA, codeB] = [this.#codes[a], this.#codes[b]];
    let distance = 0;
    for (let w = 0; w < codeA.length; w++) distance += popcount(codeA[w] ^ codeB[w]);
    return distance;
  }
}
