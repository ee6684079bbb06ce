import type { ArrangeOptions, LayoutSegment } from './arrange-layout.ts';
import { headAndGroups, withoutEmpty } from './arrange-layout.ts';

/** What kind of layout a candidate is, the simplest first. */
export type LayoutFamily = 'truncation' | 'thermometer' | 'groups' | 'mixed';

/** One way to spend a bit budget on dimensions. */
export interface LayoutCandidate extends ArrangeOptions {
  /** Family and segments in words, such as `thermometer 32:64 64:64`, dimensions before bits. */
  readonly name: string;
  readonly family: LayoutFamily;
  /** Along the dimensions, in order; dimensions after the last segment are not used. */
  readonly segments: readonly LayoutSegment[];
}

/** Parts of the bits that go into a thermometer of two bits a dimension. */
const twoBitShares = [0.125, 0.25, 0.5, 0.75, 1];
/** Dimensions that groups reach, per bit. */
const coverages = [1.25, 1.5, 2];
/** Most bits of a dimension where bits follow the spread. */
const spreadLevels = [2, 3, 5, 8];
/** Bits that a dimension must be worth to get one. */
const leastWorths = [0.5, 1];

/**
 * The layouts that are worth trying, all of exactly `bits` bits, without repetitions: plain truncation;
 * thermometers on the leading dimensions, in fixed parts or by their spread; one bit each and then
 * groups, of one size or growing; and all three in a row.
 *
 * @param spreads standard deviation of every dimension
 */
export function layoutCandidates(spreads: ArrayLike<number>, bits: number): LayoutCandidate[] {
  const dimensions = spreads.length;
  const candidates: LayoutCandidate[] = [];
  const seen = new Set<string>();
  const offer = (
    family: LayoutFamily,
    segments: readonly LayoutSegment[],
    centre: ArrangeOptions['centre'] = 'median',
  ): void => {
    const kept = withoutEmpty(segments);
    const used = kept.reduce((sum, segment) => sum + segment.dimensions, 0);
    const spent = kept.reduce((sum, segment) => sum + segment.bits, 0);
    if (spent !== bits || used > dimensions || !kept.every(isPossible)) return;
    const shape = kept.map((segment) => `${segment.dimensions}:${segment.bits}`).join(' ');
    const key = `${shape} ${centre}`;
    if (seen.has(key)) return;
    seen.add(key);
    const name = `${family} ${shape}${centre === 'zero' ? ' at zero' : ''}`;
    // A sum starts better than `or`, and its weights can be learned.
    candidates.push({ name, family, segments: kept, rule: 'linear', centre });
  };

  offer('truncation', [{ dimensions: bits, bits }], 'zero');
  offer('truncation', [{ dimensions: bits, bits }]);
  for (const share of twoBitShares) {
    const lead = Math.round((share * bits) / 2);
    offer('thermometer', [several(lead, 2), several(bits - 2 * lead, 1)]);
  }
  for (const levels of spreadLevels) {
    for (const least of leastWorths) offer('thermometer', bySpread(spreads, bits, levels, least));
  }
  for (const coverage of [...coverages, dimensions / bits]) {
    const reach = Math.min(dimensions, Math.round(coverage * bits));
    offer('groups', headAndGroups(reach, bits));
    // Ones, twos and fours, as many twos as fours: ones + 2 twos + 4 fours = reach.
    const larger = Math.floor((reach - bits) / 4);
    const ones = bits - 2 * larger;
    offer('groups', [several(ones, 1), inGroups(larger, 2), inGroups(larger, 4)]);
  }
  const eighth = Math.floor(bits / 8);
  for (const lead of [eighth, 2 * eighth]) {
    const groups = 2 * eighth;
    const ones = bits - 2 * lead - groups;
    offer('mixed', [several(lead, 2), several(ones, 1), inGroups(groups, 2)]);
  }
  return candidates;
}

function several(dimensions: number, bitsEach: number): LayoutSegment {
  return { dimensions, bits: dimensions * bitsEach };
}

function inGroups(bits: number, size: number): LayoutSegment {
  return { dimensions: bits * size, bits };
}

function isPossible({ dimensions, bits }: LayoutSegment): boolean {
  return dimensions > 0 && bits > 0;
}

/**
 * As many bits for a dimension as its spread is worth, at most `levels`, so that a bit stands for about
 * the same distance everywhere. The spreads are taken in decreasing order.
 */
function bySpread(
  spreads: ArrayLike<number>,
  bits: number,
  levels: number,
  least: number,
): LayoutSegment[] {
  const sorted = Float32Array.from(spreads).sort().reverse();
  const levelsAt = (factor: number): number[] =>
    Array.from(sorted, (spread) => Math.min(levels, Math.floor(factor * spread + 1 - least)));
  const total = (of: readonly number[]): number => of.reduce((sum, level) => sum + level, 0);
  let low = 0;
  let high = 1;
  // Dimensions that do not vary get no bits by any factor.
  for (let round = 0; round < 60 && total(levelsAt(high)) < bits; round++) high *= 2;
  for (let round = 0; round < 40; round++) {
    const middle = (low + high) / 2;
    if (total(levelsAt(middle)) < bits) low = middle;
    else high = middle;
  }
  const segments: LayoutSegment[] = [];
  let left = bits;
  for (const wanted of levelsAt(high)) {
    const level = Math.min(wanted, left);
    left -= level;
    const last = segments.at(-1);
    if (last && last.bits === level * last.dimensions) {
      segments[segments.length - 1] = several(last.dimensions + 1, level);
    } else {
      segments.push(several(1, level));
    }
  }
  return segments.filter((segment) => segment.bits > 0);
}
