import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { nextTurn } from '../progress/task-options.ts';
import type { BinaryIndex } from './binary-index.ts';
import type { FinderPlan, SavedFinder } from './finders/finder.ts';
import { graph } from './finders/graph/graph.ts';
import { lists } from './finders/lists/lists.ts';
import type { IndexSegment } from './index-segment.ts';
import type { RowId } from './rows/row-id.ts';
import { segmentSlots } from './rows/segment-rows.ts';

/** A segment whose vectors and codes are those of the rows from `first` to `end` (exclusive), in their order. */
export interface SegmentToFill {
  readonly content: IndexSegment;
  readonly first: number;
  readonly end: number;
}

/** What an index is made of again, wherever that was kept. */
export interface IndexParts {
  /** Of the rows, in the order in which they were written. */
  readonly numbers: Uint32Array;
  /** The number that the next row gets. */
  readonly nextRow: RowId;
  readonly fill: (segments: readonly SegmentToFill[]) => Promise<void>;
  readonly finder?: (SavedFinder & { readonly kind: string }) | undefined;
}

/**
 * Makes an empty index what another was.
 *
 * @throws BitryoshkaError `invalid-file` for parts that do not fit each other, and what filling throws
 */
export async function restoreIndex(
  index: BinaryIndex,
  { numbers, nextRow, fill, finder }: IndexParts,
  task: Pick<TaskOptions, 'signal'>,
): Promise<void> {
  checkNumbers(numbers, nextRow);
  const segments = Array.from({ length: Math.ceil(numbers.length / segmentSlots) }, (_, i) => ({
    content: index.createSegment(),
    first: i * segmentSlots,
    end: Math.min(numbers.length, (i + 1) * segmentSlots),
  }));
  await fill(segments);
  for (const { content, first, end } of segments) {
    index.adopt(content, numbers.subarray(first, end));
    await nextTurn();
  }
  index.skipTo(nextRow);
  if (!finder) return;
  const plans: readonly FinderPlan[] = [graph(), lists()];
  const plan = plans.find(({ kind }) => kind === finder.kind);
  if (!plan) throw invalid(`a finder of kind ${JSON.stringify(finder.kind)}`);
  await index.attach({ ...plan, create: (context) => plan.load(context, finder) }, task);
}

function checkNumbers(numbers: Uint32Array, nextRow: RowId): void {
  let [isRising, last] = [true, -1];
  for (const row of numbers) {
    if (row >= nextRow) throw invalid(`row ${row} of ${nextRow}`);
    if (row <= last) isRising = false;
    last = row;
  }
  if (isRising || new Set(numbers).size === numbers.length) return;
  throw invalid('a row number twice');
}

function invalid(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `index: got ${what}, expected what an index has saved.`,
    remedy: 'Check that this is the right file.',
  });
}
