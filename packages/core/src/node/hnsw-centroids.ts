import type { Centroids, ClusteredItems, ClusteredQuery } from '../search/inverted/centroids.ts';
import { VectorCentroids } from '../search/inverted/vector-centroids.ts';

export interface HnswCentroidsOptions {
  /** Neighbours that a search of the graph keeps in view, at least. Default: 64. */
  readonly ef?: number | undefined;
  /** Same centroids and seed: same graph. Default: 0. */
  readonly seed?: number | undefined;
  /**
   * Loads the package, where it cannot be found from this one, as in stores of pnpm:
   * `() => import('hnswlib-node')`.
   */
  readonly load?: (() => Promise<unknown>) | undefined;
}

const packageName: string = 'hnswlib-node';

/** What is used of a graph of `hnswlib-node`. */
interface HnswGraph {
  initIndex(most: number, m: number, efConstruction: number, seed: number): void;
  addPoint(point: number[], label: number): void;
  setEf(ef: number): void;
  searchKnn(query: number[], count: number): { neighbors: number[] };
}

interface HnswModule {
  readonly HierarchicalNSW: new (space: 'ip', dimensions: number) => HnswGraph;
}

/**
 * Empty centroids for `InvertedIndex.train`, which it finds by a graph of `hnswlib-node` 3 where that is
 * installed, and by looking at all of them elsewhere. It pays from tens of thousands of lists on.
 */
export async function hnswCentroids(
  dimensions: number,
  options: HnswCentroidsOptions = {},
): Promise<Centroids> {
  const module = await load(options.load);
  return module ? new HnswCentroids(module, dimensions, options) : new VectorCentroids(dimensions);
}

async function load(
  // By a name that compilers and bundlers do not look up: the package is optional.
  given: () => Promise<unknown> = () => import(packageName),
): Promise<HnswModule | undefined> {
  try {
    const loaded = (await given()) as HnswModule & { readonly default?: HnswModule };
    return loaded.default ?? loaded;
  } catch {
    return undefined;
  }
}

class HnswCentroids implements Centroids {
  readonly #module: HnswModule;
  readonly #options: HnswCentroidsOptions;
  readonly #vectors: VectorCentroids;
  /** Undefined when a centroid has moved since it was built. */
  #graph: HnswGraph | undefined;

  constructor(module: HnswModule, dimensions: number, options: HnswCentroidsOptions) {
    this.#module = module;
    this.#options = options;
    this.#vectors = new VectorCentroids(dimensions);
  }

  get count(): number {
    return this.#vectors.count;
  }

  createEmpty(): Centroids {
    return this.#vectors.createEmpty();
  }

  place(list: number, items: ClusteredItems, members: ArrayLike<number>): void {
    this.#vectors.place(list, items, members);
    this.#graph = undefined;
  }

  assign(items: ClusteredItems): Uint32Array {
    return this.#vectors.assign(items);
  }

  assignTwice(items: ClusteredItems): Uint32Array {
    return this.#vectors.assignTwice(items);
  }

  nearest(query: ClusteredQuery, count: number): ArrayLike<number> {
    // Of most lists, a graph would miss some.
    if (count > this.count / 4) return this.#vectors.nearest(query, count);
    this.#graph ??= this.#build();
    this.#graph.setEf(Math.max(count, this.#options.ef ?? 64));
    return this.#graph.searchKnn([...query.unit], count).neighbors;
  }

  #build(): HnswGraph {
    const graph = new this.#module.HierarchicalNSW('ip', this.#vectors.dimensions);
    graph.initIndex(this.count, 16, 200, this.#options.seed ?? 0);
    for (let list = 0; list < this.count; list++) graph.addPoint([...this.#vectors.at(list)], list);
    return graph;
  }
}
