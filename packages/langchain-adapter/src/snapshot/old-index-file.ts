import type { AutoIndexOptions, Codes, Quantizer } from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError, bytesPerCode, toMatrix } from '@bitryoshka/core';
import type { TensorSlot } from '@bitryoshka/core/internal';
import { decodeSafetensorsHeader, VectorRows } from '@bitryoshka/core/internal';

/**
 * Reads an index as it was saved before indexes had a file of their own: its vectors, and its codes if it has any.
 *
 * @param quantizer what the codes were made by, if there are codes
 * @throws BitryoshkaError `invalid-file`, `truncated-file` or `not-finite`
 */
export function decodeOldIndexFile(
  file: Uint8Array<ArrayBuffer>,
  quantizer: Quantizer | undefined,
  options: AutoIndexOptions,
): AutoIndex {
  const { dimensions } = options;
  const { headerBytes, slots } = decodeSafetensorsHeader(file);
  const rows = slots.vectors?.shape[0] ?? 0;
  const start = headerBytes + startOf(slots, 'vectors', 'F32', [rows, dimensions]);
  const bytes = file.byteOffset + start;
  if (bytes % Float32Array.BYTES_PER_ELEMENT !== 0) throw invalid('vectors at an odd place');
  const data = new Float32Array(file.buffer, bytes, rows * dimensions);
  const vectors = new VectorRows(dimensions);
  vectors.append(toMatrix({ rows, columns: dimensions, data }));
  if (!quantizer) return new AutoIndex({ ...options, vectors });
  const { bits } = quantizer;
  const length = bytesPerCode(bits);
  const from = headerBytes + startOf(slots, 'codes', 'U8', [rows, length]);
  const codes: Codes = {
    rows,
    bits,
    bytesPerCode: length,
    data: file.subarray(from, from + rows * length),
  };
  return new AutoIndex({ ...options, quantizer, vectors, codes });
}

function startOf(
  slots: Readonly<Record<string, TensorSlot>>,
  name: string,
  dtype: TensorSlot['dtype'],
  shape: readonly number[],
): number {
  const slot = slots[name];
  const expected = JSON.stringify({ dtype, shape });
  const got = slot ? JSON.stringify({ dtype: slot.dtype, shape: slot.shape }) : 'nothing';
  if (slot && got === expected) return slot.start;
  throw invalid(`${name}: ${got}, expected ${expected}`);
}

function invalid(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `vectors: got ${what}.`,
    remedy: 'Save the store again.',
  });
}
