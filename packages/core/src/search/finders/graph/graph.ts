import type { Codes } from '../../../codes/codes.ts';
import { bytesPerCode } from '../../../codes/codes.ts';
import { BitryoshkaError } from '../../../errors/bitryoshka-error.ts';
import { checkCount } from '../../../errors/check-count.ts';
import type { GraphState } from '../../../kernels/graph/graph-state.ts';
import type { TaskOptions } from '../../../progress/task-options.ts';
import { checkpoint } from '../../../progress/task-options.ts';
import type { Decoder, QueryByBits } from '../../../quantizers/decoder.ts';
import type { Quantizer } from '../../../quantizers/quantizer.ts';
import { inverseNorm } from '../../../vectors/normalize.ts';
import type { CodeQuery } from '../../ranking/code-scoring.ts';
import type { ScoredSlots } from '../../ranking/keep-best.ts';
import { keepBest } from '../../ranking/keep-best.ts';
import type { RowId } from '../../rows/row-id.ts';
import type { RowSet } from '../../rows/row-set.ts';
import type { FoundSlots } from '../../rows/segment-rows.ts';
import type { ResolvedDepth } from '../../search-depth.ts';
import type {
  Finder,
  FinderContext,
  FinderPlan,
  FinderState,
  SavedFinder,
  StateArray,
  WrittenRows,
} from '../finder.ts';
import { asWords } from '../finder.ts';
import { coarseWeights, fineWeights } from '../query-weights.ts';
import type { SavedNodes } from './graph-nodes.ts';
import { GraphNodes } from './graph-nodes.ts';

export interface GraphOptions {
  /**
   * With how many near codes a new one is linked; with twice as many at most, when others link with it: eight bytes
   * for each. More find more in as many steps, of which each takes longer. Default: 20.
   */
  readonly M?: number | undefined;
  /**
   * How many near codes are looked at to link a new one: more find better links, in more time. Default: 64.
   */
  readonly efConstruction?: number | undefined;
  /** What links the codes that are there when the graph is made: a thread, say. Default: this thread, in turns. */
  readonly linker?: GraphLinker | undefined;
}

/** Links codes elsewhere: `linkInThread` of `@bitryoshka/core/node`. */
export type GraphLinker = (
  codes: Codes,
  options: TaskOptions & { readonly M: number; readonly efConstruction: number },
) => Promise<{
  readonly state: GraphState;
  /** Twice M of each node, row after row. */
  readonly links: Uint32Array;
}>;

/** Codes that a walk scores for each that it keeps, about. */
const scoredPerCandidate = 16;
/** What walks may keep in mind, for each row that is re-ranked. */
const efforts = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12, 16, 24, 32];
const defaultEffort = 2;
/** With fewer codes, another thread is not worth starting. */
const fewestLinked = 2000;
/** Nodes that are saved or loaded in one turn: a few milliseconds. */
const nodesPerTurn = 4096;

/**
 * Binary codes in a graph, each linked with near ones: a search walks along the links and looks at a few thousand
 * codes, however many there are. It finds what a scan finds but for what a walk misses, in a fraction of the time;
 * links take as much memory again as long codes. Graph search is memory-bound: 512-bit codes cost about as much
 * as 64-bit ones, so give it long codes.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function graph(options: GraphOptions = {}): FinderPlan {
  const { M = 20, efConstruction = 64, linker } = options;
  checkCount('M', M, 2);
  checkCount('efConstruction', efConstruction, 1);
  return {
    kind: 'graph',
    create: async (context) => {
      checkLinkable(context.quantizer);
      const created = new Graph(context, { M, efConstruction });
      if (linker && context.rows.count >= fewestLinked) await created.link(linker);
      return created;
    },
    load: loadGraph,
  };
}

interface QueryValues {
  /** One per bit. */
  readonly values: Float32Array;
  /** Makes cosines, or their estimates, of what the values come to over the bits of the codes of nodes. */
  readonly toCosines: (sums: Float32Array, nodes: Uint32Array) => void;
}

class Graph implements Finder {
  readonly kind = 'graph';
  effort: number = defaultEffort;
  readonly efforts: readonly number[] = efforts;
  readonly nodes: GraphNodes;
  readonly #context: FinderContext;
  readonly #options: { readonly M: number; readonly efConstruction: number };
  /** Of a decoder whose values belong to bits. */
  readonly #hasDecoder: boolean;

  constructor(
    context: FinderContext,
    options: { readonly M: number; readonly efConstruction: number },
  ) {
    const { quantizer } = context;
    const { M, efConstruction } = options;
    this.#context = context;
    this.#options = { M, efConstruction };
    this.#hasDecoder = decodesBits(quantizer);
    const links = 2 * M;
    this.nodes = new GraphNodes(
      { bytesPerCode: bytesPerCode(quantizer.bits), links, effort: efConstruction },
      this.#hasDecoder,
    );
  }

  get isWorn(): boolean {
    return this.nodes.isWorn;
  }

  has(row: RowId): boolean {
    return this.nodes.has(row);
  }

  reserve(count: number): void {
    this.nodes.reserve(count);
  }

  insert(written: WrittenRows): void {
    this.nodes.insert(written);
  }

  remove(row: RowId): void {
    this.nodes.remove(row);
  }

  /** Links codes past those that were deleted, whose memory can be used again then. */
  maintain(options: TaskOptions): Promise<void> {
    return this.nodes.linkPastRemoved(options);
  }

  candidates(
    asked: CodeQuery,
    depth: ResolvedDepth,
    allowed: RowSet | undefined,
  ): FoundSlots[] | undefined {
    const { scored, rerank, efSearch = Math.ceil(this.effort * scored) } = depth;
    const kept = Math.max(efSearch, scored);
    if (depth.scoring === 'symmetric' || !this.#isWalked(kept, allowed)) return undefined;
    const query = this.#query(asked, depth);
    const { weights } = coarseWeights(query.values);
    const bitmap = allowed && this.nodes.bitmapOf(allowed);
    const { rows: nodes } = this.nodes.graph.nearest(weights, kept, bitmap);
    if (nodes.length < Math.min(depth.k, this.nodes.count, allowed?.size ?? Infinity)) {
      return undefined;
    }
    // Where all are wanted that a walk keeps, nobody asks how good they are.
    if (rerank && (kept <= scored || nodes.length <= scored)) return this.#slotsOf(nodes);
    const best = keepBest([this.#score(nodes.slice(), query)], scored)[0];
    return rerank ? this.#slotsOf(best.slots) : this.#scoredSlotsOf(best);
  }

  /** Takes in the rows that there are, linked by another. */
  async link(linker: GraphLinker): Promise<void> {
    const { rows: all, quantizer, signal, onProgress } = this.#context;
    const segments = all.snapshot();
    const rows = new Uint32Array(segments.reduce((sum, segment) => sum + segment.rows.count, 0));
    const bytes = bytesPerCode(quantizer.bits);
    const data = new Uint8Array(sharedMemory(rows.length * bytes));
    const norms = new Uint8Array(this.#hasDecoder ? rows.length : 0);
    let count = 0;
    for (const { content, rows: ofSegment } of segments) {
      const { codes } = content;
      const slots = ofSegment.aliveSlots();
      for (let start = 0; start < slots.length; start += nodesPerTurn) {
        await checkpoint({ signal, onProgress }, { stage: 'link', done: 0, total: rows.length });
        const some = slots.subarray(start, start + nodesPerTurn);
        codes?.copy(some, data.subarray(count * bytes));
        for (const slot of some) {
          if (norms.length > 0) norms[count] = codes?.norms[slot] ?? 0;
          rows[count++] = ofSegment.rowAt(slot);
        }
      }
    }
    const codes = { rows: rows.length, bits: quantizer.bits, bytesPerCode: bytes, data };
    const { state, links } = await linker(codes, { ...this.#options, signal, onProgress });
    const none = new Uint32Array(0);
    await this.load(state, { codes: data, links }, { rows, norms, free: none, removed: none });
  }

  /** Makes an empty graph what another was, in turns. */
  async load(
    state: GraphState,
    { codes, links }: { readonly codes: Uint8Array; readonly links: Uint32Array },
    saved: SavedNodes,
  ): Promise<void> {
    const { graph: loaded } = this.nodes;
    const perNode = 2 * this.#options.M;
    loaded.load(state);
    for (let first = 0; first < state.nodes; first += nodesPerTurn) {
      const end = Math.min(state.nodes, first + nodesPerTurn);
      loaded.loadBlock({
        codes: codes.subarray(first * loaded.bytesPerCode, end * loaded.bytesPerCode),
        links: links.subarray(first * perNode, end * perNode),
      });
      await checkpoint(this.#context, { stage: 'load', done: end, total: state.nodes });
    }
    this.nodes.load(saved);
  }

  save(): FinderState {
    const { graph: links } = this.nodes;
    const { alive, entries } = links.save();
    const { M, efConstruction } = this.#options;
    const count = links.nodes;
    const { free, removed, rows, norms } = this.nodes.save();
    const block = (part: 'links' | 'codes'): (() => Iterable<Uint8Array>) =>
      function* pieces() {
        for (let first = 0; first < count; first += nodesPerTurn) {
          yield bytesOf(links.saveBlock(first, Math.min(count, first + nodesPerTurn))[part]);
        }
      };
    return {
      fields: {
        M,
        efConstruction,
        effort: this.effort,
        nodes: count,
        free: free.length,
        removed: removed.length,
        entries: { nodes: [...entries.nodes], inserted: entries.inserted, step: entries.step },
      },
      arrays: {
        alive: whole(alive),
        rows: whole(rows),
        norms: whole(norms),
        free: whole(free),
        removed: whole(removed),
        codes: { byteLength: count * links.bytesPerCode, pieces: block('codes') },
        links: { byteLength: count * 2 * M * 4, pieces: block('links') },
      },
    };
  }

  /** Whether walking looks at fewer codes than there are to be found. */
  #isWalked(kept: number, allowed: RowSet | undefined): boolean {
    const { count } = this.nodes;
    if (kept >= count) return false;
    if (!allowed) return true;
    return Math.min(count, allowed.size) ** 2 > scoredPerCandidate * kept * count;
  }

  #slotsOf(nodes: Uint32Array): FoundSlots[] {
    const { rows } = this.nodes;
    return this.#context.rows.slotsOf(nodes.map((node) => rows[node]));
  }

  /** Each by itself, so that they keep their scores. */
  #scoredSlotsOf({ slots: nodes, scores }: ScoredSlots): ScoredSlots[] {
    return Array.from(nodes, (node, i) => {
      const [found] = this.#slotsOf(Uint32Array.of(node));
      return { ...found, scores: scores.subarray(i, i + 1) };
    });
  }

  /** A walk counts coarsely, to be quick; what it finds is counted again. */
  #score(nodes: Uint32Array, query: QueryValues): ScoredSlots {
    const { weights, unit, total } = fineWeights(query.values);
    const distances = this.nodes.graph.distances(weights, nodes);
    const scores = new Float32Array(nodes.length);
    // What agrees less what does not.
    for (let i = 0; i < scores.length; i++) scores[i] = unit * (total - 2 * distances[i]);
    query.toCosines(scores, nodes);
    return { segment: 0, slots: nodes, scores };
  }

  #query(query: CodeQuery, { scoring }: ResolvedDepth): QueryValues {
    if (scoring === 'decoded' && this.#hasDecoder) {
      const decoder = this.#context.quantizer.decoder as Decoder;
      const { values, constant } = decoder.query(query.unit) as QueryByBits;
      const inverseNorms = decoder.inverseNorms();
      const toCosines = (sums: Float32Array, nodes: Uint32Array) => {
        const { norms } = this.nodes;
        for (let i = 0; i < sums.length; i++) {
          sums[i] = (sums[i] + constant) * inverseNorms[norms[nodes[i]]];
        }
      };
      return { values, toCosines };
    }
    const { projection } = query;
    // The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits.
    const scale = inverseNorm(projection, 0, projection.length) / Math.sqrt(projection.length);
    const toCosines = (sums: Float32Array) => {
      for (let i = 0; i < sums.length; i++) sums[i] *= scale;
    };
    return { values: projection, toCosines };
  }
}

async function loadGraph(context: FinderContext, { fields, read }: SavedFinder): Promise<Finder> {
  const { M, efConstruction, nodes, effort, entries, free, removed } = fields as Record<
    string,
    number
  > & { readonly entries: { nodes: number[]; inserted: number; step: number } };
  for (const count of [M, efConstruction, nodes, free, removed]) {
    if (!Number.isSafeInteger(count) || count < 0) throw invalid(`a count of ${String(count)}`);
  }
  if (!efforts.includes(effort)) throw invalid(`an effort of ${String(effort)}`);
  const loaded = new Graph(context, { M, efConstruction });
  loaded.effort = effort;
  const { bytesPerCode: codeBytes } = loaded.nodes.graph;
  const hasNorms = decodesBits(context.quantizer);
  const words = async (name: string, count: number) => asWords(await read(name, 4 * count));
  const alive = await read('alive', Math.ceil(nodes / 8));
  const saved: SavedNodes = {
    rows: await words('rows', nodes),
    norms: (await read('norms', hasNorms ? nodes : 0)).slice(),
    free: await words('free', free),
    removed: await words('removed', removed),
  };
  for (const node of [...saved.free, ...saved.removed]) {
    if (node >= nodes) throw invalid(`node ${node} of ${nodes}`);
  }
  // Tables are made as long as the highest row number.
  const row = saved.rows.find((each) => each >= context.rows.nextRow);
  if (row !== undefined) throw invalid(`row ${row} of ${context.rows.nextRow}`);
  if (!Array.isArray(entries?.nodes)) throw invalid('no entries');
  const state: GraphState = {
    nodes,
    alive,
    entries: { ...entries, nodes: Uint32Array.from(entries.nodes) },
  };
  const codes = await read('codes', nodes * codeBytes);
  const links = await words('links', nodes * 2 * M);
  await loaded.load(state, { codes, links }, saved);
  return loaded;
}

/** @throws BitryoshkaError `not-supported` for codes whose bits are too few to walk by, and whose bytes have no distance */
function checkLinkable({ kind, bits, firstBits }: Quantizer): void {
  if (firstBits === undefined) return;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `graph: got codes of kind "${kind}", of whose ${bits} bits ${firstBits} can be compared, expected codes of bits only.`,
    remedy: 'Scan these codes, or use lists; a graph wants another kind.',
  });
}

function decodesBits({ decoder, inputDimensions }: Quantizer): boolean {
  return decoder !== undefined && 'values' in decoder.query(new Float32Array(inputDimensions));
}

/** Memory that threads see, where there is such. */
function sharedMemory(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'undefined'
    ? new ArrayBuffer(bytes)
    : new SharedArrayBuffer(bytes);
}

function whole(array: Uint8Array | Uint32Array): StateArray {
  return { byteLength: array.byteLength, pieces: () => [bytesOf(array)] };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function invalid(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `graph: got ${what}, expected what an index has saved.`,
    remedy: 'Save the index again, or build the graph anew.',
  });
}
