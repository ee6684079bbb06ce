import type { CodeMemory } from '../kernels/kernel.ts';

/** Writes the codes in the named slots to `to`, one after the other. */
export function copyCodes(
  memory: Pick<CodeMemory, 'bytes' | 'bytesPerCode'>,
  slots: ArrayLike<number>,
  to: Uint8Array,
): void {
  const { bytesPerCode } = memory;
  const all = memory.bytes();
  for (let i = 0; i < slots.length; i++) {
    const from = slots[i] * bytesPerCode;
    to.set(all.subarray(from, from + bytesPerCode), i * bytesPerCode);
  }
}
