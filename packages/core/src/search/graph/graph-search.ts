import type { Decoder, QueryByBits } from '../../quantizers/decoder.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import { inverseNorm } from '../../vectors/normalize.ts';
import { bestCandidates } from '../best-candidates.ts';
import type { FoundSlots } from '../best-slots.ts';
import { keepBestSlots } from '../best-slots.ts';
import type { Candidates } from '../candidates.ts';
import { project } from '../code-scoring.ts';
import type { RowSet } from '../row-set.ts';
import type { ResolvedDepth } from '../search-depth.ts';
import { segmentSlots } from '../segment-rows.ts';
import type { SegmentedRows } from '../segmented-rows.ts';
import type { VectorContent } from '../vector-content.ts';
import type { GraphNodes } from './graph-nodes.ts';
import { coarseWeights, fineWeights } from './query-weights.ts';

/** What a search of a graph reads, and additions write. */
export interface GraphedCodes {
  readonly quantizer: Quantizer;
  readonly nodes: GraphNodes;
  readonly rows: SegmentedRows<VectorContent>;
}

/** Codes that a walk scores for each that it keeps, about. */
const scoredPerCandidate = 16;

interface FoundNodes {
  readonly nodes: Uint32Array;
  /** Whether they are what a walk kept, or all there are. */
  readonly isWalked: boolean;
  readonly query: QueryValues;
}

interface ScoredNodes {
  readonly nodes: Uint32Array;
  readonly scores: Float32Array;
}

interface QueryValues {
  /** One per bit. */
  readonly values: Float32Array;
  /** Makes cosines, or their estimates, of what the values come to over the bits of the codes of nodes. */
  readonly toCosines: (sums: Float32Array, nodes: Uint32Array) => void;
}

/** Finds candidates by walking along the links of a graph. */
export class GraphSearch {
  readonly #graphed: GraphedCodes;

  constructor(graphed: GraphedCodes) {
    this.#graphed = graphed;
  }

  /** Places of the best candidates, best first. */
  candidates(unit: Float32Array, depth: ResolvedDepth, allowed: RowSet | undefined): Candidates {
    const { nodes, scores } = this.#score(this.#find(unit, depth, allowed));
    const places = Float64Array.from(nodes, (node) => this.#place(node));
    return bestCandidates(places, Float64Array.from(scores), depth.scored);
  }

  /** The best candidates by segment and without their order, which is quicker. */
  slots(unit: Float32Array, depth: ResolvedDepth, allowed: RowSet | undefined): FoundSlots[] {
    const found = this.#find(unit, depth, allowed);
    // Where all are wanted that a walk keeps, nobody asks how good they are.
    const isCut =
      found.nodes.length > depth.scored && !(found.isWalked && depth.candidates <= depth.scored);
    const nodes = isCut ? this.#best(this.#score(found), depth.scored) : found.nodes;
    const places = new Uint32Array(nodes.length);
    for (let i = 0; i < nodes.length; i++) places[i] = this.#place(nodes[i]);
    // Vectors are read quickest in the order in which they lie.
    places.sort();
    const slots: FoundSlots[] = [];
    for (let start = 0, end = 0; start < places.length; start = end) {
      const ordinal = Math.floor(places[start] / segmentSlots);
      const first = ordinal * segmentSlots;
      for (; end < places.length && places[end] < first + segmentSlots; end++) places[end] -= first;
      slots.push({ ordinal, slots: places.subarray(start, end) });
    }
    return slots;
  }

  #place(node: number): number {
    const { nodes, rows } = this.#graphed;
    return rows.placeOf(nodes.positions[node]);
  }

  /** What a walk comes to or, where that may be less than there is, all that is allowed. */
  #find(unit: Float32Array, depth: ResolvedDepth, allowed: RowSet | undefined): FoundNodes {
    const { nodes } = this.#graphed;
    const wanted = Math.min(depth.k, nodes.count, allowed?.size ?? Infinity);
    const query = this.#query(unit, depth);
    if (wanted === 0) return { nodes: new Uint32Array(0), query, isWalked: false };
    if (this.#isWalked(depth, allowed)) {
      const { weights } = coarseWeights(query.values);
      const bitmap = allowed && nodes.bitmapOf(allowed);
      const { rows: found } = nodes.graph.nearest(weights, depth.candidates, bitmap);
      if (found.length >= wanted) return { nodes: found.slice(), query, isWalked: true };
    }
    return { nodes: nodes.of(allowed), query, isWalked: false };
  }

  /** A walk counts coarsely, to be quick; what it finds is counted again. */
  #score({ nodes, query }: FoundNodes): ScoredNodes {
    const { weights, unit, total } = fineWeights(query.values);
    const distances =
      nodes.length > 0 ? this.#graphed.nodes.graph.distances(weights, nodes) : new Uint32Array(0);
    const scores = new Float32Array(nodes.length);
    // What agrees less what does not.
    for (let i = 0; i < scores.length; i++) scores[i] = unit * (total - 2 * distances[i]);
    query.toCosines(scores, nodes);
    return { nodes, scores };
  }

  #best({ nodes: slots, scores }: ScoredNodes, count: number): Uint32Array {
    return keepBestSlots([{ ordinal: 0, slots, scores }], count)[0].slots;
  }

  /** Whether walking looks at fewer codes than there are to be found. */
  #isWalked({ candidates }: ResolvedDepth, allowed: RowSet | undefined): boolean {
    const { count } = this.#graphed.nodes;
    if (candidates >= count) return false;
    if (!allowed) return true;
    return Math.min(count, allowed.size) ** 2 > scoredPerCandidate * candidates * count;
  }

  #query(unit: Float32Array, { scoring }: ResolvedDepth): QueryValues {
    const { quantizer, nodes: graphed } = this.#graphed;
    if (scoring === 'decoded') {
      const decoder = quantizer.decoder as Decoder;
      const { values, constant } = decoder.query(unit) as QueryByBits;
      const inverseNorms = decoder.inverseNorms();
      const toCosines = (sums: Float32Array, nodes: Uint32Array) => {
        const { norms } = graphed;
        for (let i = 0; i < sums.length; i++) {
          sums[i] = (sums[i] + constant) * inverseNorms[norms[nodes[i]]];
        }
      };
      return { values, toCosines };
    }
    // The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits.
    const values = project(quantizer, unit);
    const scale = inverseNorm(values, 0, values.length) / Math.sqrt(values.length);
    const toCosines = (sums: Float32Array) => {
      for (let i = 0; i < sums.length; i++) sums[i] *= scale;
    };
    return { values, toCosines };
  }
}
