import { mostParties } from '../kernels/shared-kernel.ts';

/** Which numbers are taken; 0 is the main thread's. */
const taken = new Uint8Array(mostParties).fill(1, 0, 1);

/**
 * Numbers for threads that read shared memory, which tell apart where each may write.
 *
 * @returns the first of `count` numbers; undefined where so many are not left
 */
export function takeParties(count: number): number | undefined {
  for (let first = 1; first + count <= mostParties; first++) {
    if (taken.subarray(first, first + count).includes(1)) continue;
    taken.fill(1, first, first + count);
    return first;
  }
  return undefined;
}

export function giveBackParties(first: number, count: number): void {
  taken.fill(0, first, first + count);
}
