import type { NearestCodes } from './kernel.ts';
import type { MemoryViews } from './memory-views.ts';

export const nearestOfNone: NearestCodes = {
  rows: new Uint32Array(0),
  distances: new Uint32Array(0),
};

/** What a scan has written: distances, then rows. Views, which the next scan overwrites. */
export function nearestAt({ words }: MemoryViews, at: number, count: number): NearestCodes {
  const { buffer } = words;
  return {
    distances: new Uint32Array(buffer, at, count),
    rows: new Uint32Array(buffer, at + 4 * count, count),
  };
}
