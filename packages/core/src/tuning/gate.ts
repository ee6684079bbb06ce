import { pairedBootstrap } from '../evaluation/statistics/paired-bootstrap.ts';

/** What a candidate found of each held-out query's neighbours. */
export interface MeasuredCandidate {
  /** Mean share at each depth, the asked one first, then ever shallower. */
  readonly recalls: readonly number[];
  /** The same by query: one row per depth. */
  readonly recallsByQuery: readonly (readonly number[])[];
}

export interface GateDecision {
  /** The place of the one that is taken. */
  readonly chosen: number;
  /** By candidate: the place of the depth at which it was ruled out; undefined where it never was. */
  readonly ruledOutAt: readonly (number | undefined)[];
}

/**
 * Takes the simplest candidate that no other beats by more than chance (paired bootstrap over the
 * queries, 95 %).
 *
 * Where re-ranking finds nearly everything, candidates look alike on the held-out vectors that would
 * differ on other queries or on more documents. Those that are level at the asked depth are therefore
 * compared at ever shallower ones, at which a better code shows. None that finds less than the baseline
 * at the asked depth passes, be it by chance.
 *
 * @param candidates the simplest first; the same queries and depths in all
 * @param baseline the place of the one that none may fall below
 */
export function passGate(
  candidates: readonly MeasuredCandidate[],
  baseline: number,
  seed: number,
): GateDecision {
  const least = candidates[baseline].recalls[0];
  const ruledOutAt: (number | undefined)[] = candidates.map(({ recalls }) =>
    recalls[0] < least ? 0 : undefined,
  );
  for (const depth of candidates[baseline].recalls.keys()) {
    const left = [...candidates.keys()].filter((i) => ruledOutAt[i] === undefined);
    const best = left.reduce((a, b) =>
      candidates[b].recalls[depth] > candidates[a].recalls[depth] ? b : a,
    );
    for (const i of left) {
      const [ahead, behind] = [best, i].map((place) => candidates[place].recallsByQuery[depth]);
      if (pairedBootstrap(ahead, behind, { seed }).low > 0) ruledOutAt[i] = depth;
    }
  }
  return { chosen: ruledOutAt.indexOf(undefined), ruledOutAt };
}
