/**
 * A run of dimensions and the bits that they share, as evenly as possible:
 *
 * - as many bits as dimensions: one each;
 * - more bits: several per dimension, with increasing thresholds (a thermometer code);
 * - fewer bits: groups of several dimensions per bit.
 */
export interface LayoutSegment {
  readonly dimensions: number;
  readonly bits: number;
}

/**
 * One bit each for the leading dimensions and groups for all later ones, with the smallest groups that
 * cover every dimension: groups of g need `head + (bits - head) g = dimensions`.
 */
export function headAndGroups(dimensions: number, bits: number): LayoutSegment[] {
  if (bits >= dimensions) return [{ dimensions, bits }];
  const size = Math.ceil(dimensions / bits);
  const head = Math.floor((bits * size - dimensions) / (size - 1));
  return withoutEmpty([
    { dimensions: head, bits: head },
    { dimensions: dimensions - head, bits: bits - head },
  ]);
}

/** Leaves out segments without dimensions and bits. */
export function withoutEmpty(segments: readonly LayoutSegment[]): LayoutSegment[] {
  return segments.filter(({ dimensions, bits }) => dimensions > 0 || bits > 0);
}

/** Splits `total` into `parts` whole numbers that differ by at most one, the larger ones first. */
export function evenParts(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor((total + parts - 1 - i) / parts));
}
