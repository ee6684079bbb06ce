import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { mostParties } from '../../kernels/scan/shared-kernel.ts';

/** Which numbers are taken; 0 is the main thread's. */
const taken = new Uint8Array(mostParties).fill(1, 0, 1);

/**
 * Numbers for threads that read shared memory, which tell apart where each may write.
 *
 * @returns the first of `count` numbers
 * @throws BitryoshkaError `not-supported` where so many are not left
 */
export function takeParties(count: number): number {
  for (let first = 1; first + count <= mostParties; first++) {
    if (taken.subarray(first, first + count).includes(1)) continue;
    taken.fill(1, first, first + count);
    return first;
  }
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `workers: got ${count} more threads than the ${mostParties - 1} that may read shared memory at once.`,
    remedy: 'Close other pools, or ask for fewer workers.',
  });
}

export function giveBackParties(first: number, count: number): void {
  taken.fill(0, first, first + count);
}
