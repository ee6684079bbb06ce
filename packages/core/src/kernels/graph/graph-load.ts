import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { CodeGraphOptions } from './code-graph.ts';
import { mostEntries } from './graph-entries.ts';
import type { GraphBlock, GraphState } from './graph-state.ts';
import { absentLink } from './graph-state.ts';

/** Checks what a graph is loaded from, as kernels follow links without looking, and counts what was loaded. */
export class GraphLoad {
  readonly state: GraphState;
  loaded = 0;
  readonly #options: CodeGraphOptions;

  /** @throws BitryoshkaError `invalid-file` */
  constructor(state: GraphState, options: CodeGraphOptions) {
    const { nodes, alive, entries } = state;
    expect(nodes, isCount(nodes) && nodes < absentLink, 'nodes');
    expect(alive.length, alive.length === Math.ceil(nodes / 8), 'bytes that say what can be found');
    // Bits behind the last node would be those of nodes that are yet to come.
    const last = alive.at(-1) ?? 0;
    expect(last, nodes % 8 === 0 || last >> (nodes % 8) === 0, 'nodes that can be found');
    expect(entries.nodes.length, entries.nodes.length <= mostEntries, 'entries');
    for (const node of entries.nodes) expect(node, node < nodes, 'an entry');
    expect(entries.inserted, isCount(entries.inserted), 'nodes that were inserted');
    expect(entries.step, isCount(entries.step) && entries.step > 0, 'steps between entries');
    this.state = state;
    this.#options = options;
  }

  get isComplete(): boolean {
    return this.loaded === this.state.nodes;
  }

  /**
   * Takes up the next nodes.
   *
   * @returns the first of them, and the end
   * @throws BitryoshkaError `invalid-file`
   */
  next({ links, codes }: GraphBlock): { readonly first: number; readonly end: number } {
    const { bytesPerCode, links: perNode } = this.#options;
    const { nodes } = this.state;
    const first = this.loaded;
    const count = codes.length / bytesPerCode;
    expect(codes.length, isCount(count) && first + count <= nodes, 'bytes of codes');
    expect(links.length, links.length === count * perNode, 'links');
    for (let row = 0; row < links.length; row += perNode) {
      const end = row + perNode;
      let i = row;
      while (i < end && links[i] < nodes) i++;
      while (i < end && links[i] === absentLink) i++;
      if (i < end) expect(links[i], false, 'a link');
    }
    this.loaded += count;
    return { first, end: this.loaded };
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function expect(got: number, isFit: boolean, what: string): void {
  if (isFit) return;
  throw new BitryoshkaError({
    code: 'invalid-file',
    message: `graph: got ${got} for ${what}, expected what fits the graph's other parts.`,
    remedy: 'Build the graph again: the file was changed or damaged.',
  });
}
