import type { NearRows } from '../near-rows.ts';
import type { MemoryViews } from '../wasm-memory.ts';

/** What a scan has written: distances, then rows. Views, which the next scan overwrites. */
export function nearestAt({ words }: MemoryViews, at: number, count: number): NearRows {
  const { buffer } = words;
  return {
    distances: new Uint32Array(buffer, at, count),
    rows: new Uint32Array(buffer, at + 4 * count, count),
  };
}
