import type { Codes, FlatIndexOptions, Quantizer, TensorSlot } from '@bitryoshka/core';
import {
  BitryoshkaError,
  bytesPerCode,
  decodeSafetensorsHeader,
  ExactIndex,
  encodeSafetensorsHeader,
  FlatIndex,
  toMatrix,
  VectorRows,
} from '@bitryoshka/core';

/**
 * The vectors of an index, and its codes if it has any, as one safetensors file in pieces.
 *
 * @param onRows called with the number of vectors of each piece
 */
export function* encodeIndexFile(
  index: ExactIndex | FlatIndex,
  onRows?: (rows: number) => void,
): Generator<Uint8Array> {
  const { rows, dimensions } = index;
  const codes = 'quantizer' in index ? index.codes() : undefined;
  const vectors = ['vectors', { dtype: 'F32', shape: [rows, dimensions] }] as const;
  const packed = ['codes', { dtype: 'U8', shape: [rows, codes?.bytesPerCode ?? 0] }] as const;
  yield encodeSafetensorsHeader(codes ? [vectors, packed] : [vectors], { format: 'bitryoshka' });
  for (const { data, rows: written } of index.blocks()) {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    onRows?.(written);
  }
  if (codes) yield codes.data;
}

/**
 * Reads what {@link encodeIndexFile} wrote.
 *
 * @param quantizer what the codes were made by, if there are codes
 * @throws BitryoshkaError `invalid-file`, `truncated-file` or `not-finite`
 */
export function decodeIndexFile(
  file: Uint8Array<ArrayBuffer>,
  dimensions: number,
  quantizer: Quantizer | undefined,
  options: FlatIndexOptions = {},
): ExactIndex | FlatIndex {
  const { headerBytes, slots } = decodeSafetensorsHeader(file);
  const rows = slots.vectors?.shape[0] ?? 0;
  const start = headerBytes + startOf(slots, 'vectors', 'F32', [rows, dimensions]);
  const values = rows * dimensions;
  const bytes = file.byteOffset + start;
  if (bytes % Float32Array.BYTES_PER_ELEMENT !== 0) throw invalid('vectors at an odd place');
  const data = new Float32Array(file.buffer, bytes, values);
  const vectors = new VectorRows(dimensions);
  vectors.append(toMatrix({ rows, columns: dimensions, data }));
  if (!quantizer) return new ExactIndex(dimensions, vectors);
  const { bits } = quantizer;
  const length = bytesPerCode(bits);
  const from = headerBytes + startOf(slots, 'codes', 'U8', [rows, length]);
  const codes: Codes = {
    rows,
    bits,
    bytesPerCode: length,
    data: file.subarray(from, from + rows * length),
  };
  return new FlatIndex(quantizer, vectors, codes, options);
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
