import type { EntriesState } from './graph-state.ts';

/** Nodes that walks begin at, at most. */
export const mostEntries = 16;

/**
 * The nodes of a graph that walks begin at: spread over all that were inserted, so that hardly any is among others
 * that are so much alike that no link leads away from them.
 */
export class GraphEntries {
  #nodes: number[] = [];
  #inserted = 0;
  /** Every so many nodes that are inserted, one is an entry. */
  #step = 1;

  get nodes(): readonly number[] {
    return this.#nodes;
  }

  /**
   * @param isLinked whether the node is linked with others; one that is not is found only from here
   * @returns whether entries have changed
   */
  note(node: number, isLinked: boolean): boolean {
    const count = this.#inserted++;
    if (isLinked && count % this.#step !== 0) return false;
    if (this.#nodes.length === mostEntries) {
      this.#nodes = this.#nodes.filter((_, i) => i % 2 === 0);
      this.#step *= 2;
    }
    this.#nodes.push(node);
    return true;
  }

  /** Keeps those that stay; where none does, the first of all nodes that do. */
  keep(isAlive: (node: number) => boolean, nodes: number): void {
    this.#nodes = this.#nodes.filter(isAlive);
    for (let node = 0; node < nodes && this.#nodes.length === 0; node++) {
      if (isAlive(node)) this.#nodes.push(node);
    }
  }
  save(): EntriesState {
    return {
      nodes: Uint32Array.from(this.#nodes),
      inserted: this.#inserted,
      step: this.#step,
    };
  }

  load({ nodes, inserted, step }: EntriesState): void {
    this.#nodes = Array.from(nodes);
    this.#inserted = inserted;
    this.#step = step;
  }
}
