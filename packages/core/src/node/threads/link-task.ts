import { defaultGraphKernel } from '../../kernels/graph/graph-kernel.ts';
import type { GraphState } from '../../kernels/graph/graph-state.ts';
import { checkpoint } from '../../progress/task-options.ts';
import type { TaskResult, ThreadTaskOptions } from './thread-tasks.ts';

export interface LinkInput {
  readonly bytesPerCode: number;
  /** With how many others a node is linked; with twice as many at most. */
  readonly M: number;
  /** How many near nodes are looked at to link a new one. */
  readonly efConstruction: number;
  /** In memory that both sides see: the code of node 0, of node 1 and so on. */
  readonly codes: Uint8Array;
  readonly rows: number;
}

/** What `CodeGraph.load` and `loadBlock` take, but for the codes. */
export interface LinkOutput {
  readonly state: GraphState;
  /** Twice `M` of each node. */
  readonly links: Uint32Array<ArrayBuffer>;
}

/** Nodes between two looks at whether to stop: a few hundredths of a second. */
const nodesPerTurn = 256;

/** Builds a graph of codes. */
export async function linkTask(
  { bytesPerCode, M, efConstruction, codes, rows }: LinkInput,
  options: ThreadTaskOptions,
): Promise<TaskResult<LinkOutput>> {
  const graph = defaultGraphKernel()({ bytesPerCode, links: 2 * M, effort: efConstruction });
  graph.resize(rows);
  for (let node = 0; node < rows; node++) {
    if (node % nodesPerTurn === 0) {
      await checkpoint(options, { stage: 'link', done: node, total: rows });
    }
    graph.insert(node, codes.subarray(node * bytesPerCode, (node + 1) * bytesPerCode));
  }
  options.onProgress?.({ stage: 'link', done: rows, total: rows });
  const links = new Uint32Array(rows * 2 * M);
  for (let first = 0; first < rows; first += nodesPerTurn) {
    const block = graph.saveBlock(first, Math.min(rows, first + nodesPerTurn));
    links.set(block.links, first * 2 * M);
  }
  return { output: { state: graph.save(), links }, transfer: [links.buffer] };
}
