import type { Quantizer, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { fitRecipe } from '../../store/fit-recipe.ts';
import type { QuantizerRecipe } from '../../store/store-options.ts';
import { checkQuantizerOption, isQuantizer } from '../../store/store-options.ts';
import type { CollectionState } from '../collection/pg-collection.ts';
import { namingPart } from '../database/pg-errors.ts';
import type { AssertHeld, BuiltCodes, PgFits } from './pg-fits.ts';
import { sharedProgress } from './shared-progress.ts';

export interface PgRefitOptions extends TaskOptions {
  /** From now on used: a fitted quantizer, or how to fit one. Default: as before, at first 256 bits that are learned. */
  readonly quantizer?: Quantizer | QuantizerRecipe | undefined;
}

/** What serves after a refit. */
export interface PgRefit {
  readonly quantizer: Quantizer;
  /** Whether it is new: codes that find less than those there are are not taken, unless they were given. */
  readonly isReplaced: boolean;
  /** The share of the ten nearest documents that searches find by codes; before: undefined without. */
  readonly recall: { readonly before: number | undefined; readonly after: number };
}

/** Documents that a fit learns from. */
const mostLearned = 20_000;
/** What a hundred questions may be off. */
const chance = 0.02;

/** A server of those whose codes are fitted together. */
interface Part {
  readonly fits: PgFits;
  readonly state: CollectionState;
  readonly assertHeld: AssertHeld;
  /** Passes its errors on, with its place where there are others. */
  readonly fail: (cause: unknown) => never;
}

/**
 * As `refit` of a store, for one whose documents lie in several places: one quantizer for all, which serves in all of
 * them or in none.
 *
 * @param embeddings of the documents, for recipes that learn from texts
 */
export async function refitTogether(
  all: readonly PgFits[],
  embeddings: EmbeddingsInterface,
  { quantizer: given, ...task }: PgRefitOptions,
): Promise<PgRefit> {
  if (given !== undefined) checkQuantizerOption(given);
  return aloneInAll(all, async (claims) => {
    const parts = await Promise.all(
      all.map(async (fits, i): Promise<Part> => {
        const assertHeld = claims[i] as AssertHeld;
        const fail = all.length > 1 ? namingPart(i) : rethrow;
        return { fits, assertHeld, fail, state: await fits.begin(assertHeld).catch(fail) };
      }),
    );
    const active = parts.flatMap(({ state }) => state.active ?? [])[0]?.quantizer;
    const isGiven = given !== undefined && isQuantizer(given);
    const recipe = isGiven ? undefined : (given ?? (await recipeOf(parts)));
    const quantizer = recipe
      ? await fit(parts, { recipe, embeddings }, task)
      : (given as Quantizer);
    checkDimensions(quantizer, parts);
    const built = await buildAll(parts, { quantizer, recipe }, task);
    const recall = {
      before: mean(built, ({ recall }) => recall.before),
      after: mean(built, ({ recall }) => recall.after) ?? 1,
    };
    const { before, after } = recall;
    if (active && before !== undefined && after < before - chance && !isGiven) {
      await discardAll(parts, built);
      return { quantizer: active, isReplaced: false, recall: { before, after: before } };
    }
    for (const [i, { fits, assertHeld, fail }] of parts.entries()) {
      try {
        await fits.serve(built[i] as BuiltCodes, assertHeld);
      } catch (cause) {
        await discardAll(parts.slice(i), built.slice(i));
        fail(cause);
      }
    }
    return { quantizer, isReplaced: true, recall };
  });
}

function rethrow(cause: unknown): never {
  throw cause;
}

/** One after the other: of clients that want all, one gets the first. */
async function aloneInAll<T>(
  all: readonly PgFits[],
  task: (claims: readonly AssertHeld[]) => Promise<T>,
  claims: readonly AssertHeld[] = [],
): Promise<T> {
  const next = all[claims.length];
  if (!next) return task(claims);
  return next.alone((assertHeld) => aloneInAll(all, task, [...claims, assertHeld]));
}

async function recipeOf(parts: readonly Part[]): Promise<QuantizerRecipe> {
  const known =
    parts.find(({ state }) => state.active) ??
    parts.find(({ state }) => state.dimensions !== undefined) ??
    (parts[0] as Part);
  return known.fits.recipe(known.state);
}

/** To documents of all parts, of each as its share is. */
async function fit(
  parts: readonly Part[],
  {
    recipe,
    embeddings,
  }: { readonly recipe: QuantizerRecipe; readonly embeddings: EmbeddingsInterface },
  task: TaskOptions,
): Promise<Quantizer> {
  const counts = await Promise.all(
    parts.map(({ fits, state, fail }) => fits.count(state).catch(fail)),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const share = Math.min(1, mostLearned / Math.max(1, total));
  const tasks = sharedProgress(task, parts.length);
  const samples = await Promise.all(
    parts.map(async ({ fits, state, fail }, i) => {
      const most = Math.round((counts[i] as number) * share);
      const withDocuments = Boolean(recipe.corpus);
      if (most === 0) return [];
      return fits.sample(state, most, { withDocuments }, tasks[i] ?? task).catch(fail);
    }),
  );
  const sampled = samples.flat();
  const nothing = { pageContent: '', metadata: {} };
  const dimensions = parts.flatMap(({ state }) => state.dimensions ?? [])[0];
  return fitRecipe(
    recipe,
    {
      rows: sampled.map((_, i) => i),
      vector: (i) => sampled[i]?.vector,
      document: (i) => sampled[i]?.entry?.document ?? nothing,
      questions: undefined,
      dimensions: dimensions ?? recipe.bits,
      embeddings,
    },
    task,
  );
}

/** Side by side. Where one fails, so do all. */
async function buildAll(
  parts: readonly Part[],
  fitted: { readonly quantizer: Quantizer; readonly recipe: QuantizerRecipe | undefined },
  task: TaskOptions,
): Promise<BuiltCodes[]> {
  const failed = new AbortController();
  const signal = task.signal ? AbortSignal.any([task.signal, failed.signal]) : failed.signal;
  const tasks = sharedProgress({ ...task, signal }, parts.length);
  const building = parts.map(async ({ fits, state, assertHeld, fail }, i) => {
    try {
      return await fits.build(state, fitted, assertHeld, tasks[i] ?? task).catch(fail);
    } catch (cause) {
      failed.abort(cause);
      throw cause;
    }
  });
  const results = await Promise.allSettled(building);
  const built = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  if (built.every((codes) => codes !== undefined)) return built;
  await discardAll(parts, built);
  task.signal?.throwIfAborted();
  throw failed.signal.reason;
}

/** What cannot be discarded now is so by the next who fits. */
async function discardAll(
  parts: readonly Part[],
  built: readonly (BuiltCodes | undefined)[],
): Promise<void> {
  await Promise.allSettled(
    parts.map(async ({ fits }, i) => {
      const codes = built[i]?.codes;
      if (codes) await fits.discard(codes);
    }),
  );
}

/** By question; of parts that say nothing, none. */
function mean(
  built: readonly BuiltCodes[],
  value: (codes: BuiltCodes) => number | undefined,
): number | undefined {
  let sum = 0;
  let total = 0;
  for (const codes of built) {
    const each = value(codes);
    if (each === undefined) continue;
    sum += each * codes.questions;
    total += codes.questions;
  }
  if (total > 0) return sum / total;
  return built.flatMap((codes) => value(codes) ?? [])[0];
}

function checkDimensions(quantizer: Quantizer, parts: readonly Part[]): void {
  const { inputDimensions } = quantizer;
  for (const { state } of parts) {
    const { dimensions = inputDimensions } = state;
    if (inputDimensions === dimensions) continue;
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `quantizer: got one for ${inputDimensions} dimensions, expected ${dimensions}, as the collection has.`,
      remedy: 'Pass a quantizer that was fitted to vectors of the same model.',
    });
  }
}
