import type { NearestCodes } from './kernel.ts';

export const nearestOfNone: NearestCodes = {
  rows: new Uint32Array(0),
  distances: new Uint32Array(0),
};

/** What a scan has written: distances, then rows. */
export function nearestAt({ buffer }: WebAssembly.Memory, at: number, count: number): NearestCodes {
  return {
    distances: new Uint32Array(buffer, at, count).slice(),
    rows: new Uint32Array(buffer, at + 4 * count, count).slice(),
  };
}
