import { codeRange } from '../../../codes/codes.ts';
import type { TaskOptions } from '../../../progress/task-options.ts';
import { checkpoint } from '../../../progress/task-options.ts';
import { rowRange } from '../../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../../vectors/random.ts';
import type { Centroids, ClusteredItems } from './centroids.ts';

export interface BalancedKMeansOptions extends TaskOptions {
  readonly lists: number;
  /** Default: 10. */
  readonly iterations?: number | undefined;
  /** Default: 0. */
  readonly seed?: number | undefined;
}

/** Items that are compared with all centroids at a time. */
const itemsPerTurn = 64;

/** Clusters that are so many times larger than the mean give members away to those that are smaller. */
const overgrown = 2;
const undergrown = 0.25;

/**
 * Fills empty centroids with the middles of clusters of about the same size: Lloyd's algorithm, in which a
 * cluster that is far too small starts anew at a member of one that is far too large.
 *
 * @returns the cluster of each item
 */
export async function balancedKMeans(
  centroids: Centroids,
  items: ClusteredItems,
  { lists, iterations = 10, seed = 0, ...task }: BalancedKMeansOptions,
): Promise<Uint32Array> {
  const random = seededRandom(seed);
  for (const [list, item] of sampleIndices(items.codes.rows, lists, random).entries()) {
    centroids.place(list, items, [item]);
  }
  for (let done = 0; done < iterations; done++) {
    const assigned = await assignAll(centroids, items, task, { done, total: iterations });
    const isLast = done === iterations - 1;
    moveCentroids(centroids, items, assigned, isLast ? undefined : random);
  }
  return assignAll(centroids, items, task, { done: iterations, total: iterations });
}

/** The cluster of each item, in turns of a few milliseconds. */
async function assignAll(
  centroids: Centroids,
  { codes, vectors }: ClusteredItems,
  task: TaskOptions,
  progress: { readonly done: number; readonly total: number },
): Promise<Uint32Array> {
  const assigned = new Uint32Array(codes.rows);
  for (let start = 0; start < codes.rows; start += itemsPerTurn) {
    await checkpoint(task, { stage: 'cluster', ...progress });
    const end = Math.min(codes.rows, start + itemsPerTurn);
    const items = {
      codes: codeRange(codes, start, end),
      vectors: vectors && rowRange(vectors, start, end),
    };
    assigned.set(centroids.assign(items), start);
  }
  return assigned;
}

/** One round; with `random`, also evens out sizes. */
function moveCentroids(
  centroids: Centroids,
  items: ClusteredItems,
  assigned: Uint32Array,
  random: (() => number) | undefined,
): void {
  const members = groupByCluster(assigned, centroids.count);
  for (const [list, ofList] of members.entries()) {
    if (ofList.length > 0) centroids.place(list, items, ofList);
  }
  if (!random) return;
  const mean = items.codes.rows / members.length;
  const bySize = members
    .map((_, list) => list)
    .sort((a, b) => members[a].length - members[b].length);
  for (let i = 0; i < bySize.length / 2; i++) {
    const small = bySize[i];
    const large = members[bySize[bySize.length - 1 - i]];
    if (members[small].length > undergrown * mean && large.length < overgrown * mean) break;
    if (large.length > mean) {
      centroids.place(small, items, [large[Math.floor(random() * large.length)]]);
    }
  }
}

export function groupByCluster(assigned: Uint32Array, count: number): number[][] {
  const members: number[][] = Array.from({ length: count }, () => []);
  for (const [item, list] of assigned.entries()) members[list].push(item);
  return members;
}
