import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { float16Values, toFloat16 } from '../vectors/float16.ts';
import { isInt8Array, isUint8Array, isUint32Array } from '../vectors/typed-arrays.ts';
import { parseJson } from './parse-json.ts';

/** An array with a shape; its element type is that of `data`. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int8Array | Uint32Array;
  /** Write float32 as float16. Both, and bfloat16, are read as float32. Default: false. */
  readonly half?: boolean;
}

/** Arrays by name, and strings by name. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor whose data is still to be written, or is elsewhere in a file. */
export interface TensorSlot {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Where its bytes begin and end, counted from the end of the header. */
  readonly start: number;
  readonly end: number;
}

const bytesPerElement = { F32: 4, F16: 2, BF16: 2, U32: 4, I8: 1, U8: 1 } as const;

type DataType = keyof typeof bytesPerElement;

const lengthBytes = 8;
/** Far above any header of ours, far below what would exhaust the memory. */
const maximumHeaderBytes = 64 * 1024 * 1024;

/**
 * The bytes that precede the data of a safetensors file: a little-endian u64 length and a JSON object,
 * padded with spaces so that the data begins at a multiple of 8. Tensors lie in the order given.
 */
export function encodeSafetensorsHeader(
  shapes: readonly (readonly [name: string, Pick<TensorSlot, 'dtype' | 'shape'>])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = shapes.map(([name, { dtype, shape }]) => {
    const start = end;
    end += shape.reduce((size, length) => size * length, bytesPerElement[dtype]);
    return [name, { dtype, shape, data_offsets: [start, end] }] as const;
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(lengthBytes + Math.ceil(text.length / 8) * 8).fill(32);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - lengthBytes), true);
  header.set(text, lengthBytes);
  return header;
}

/**
 * Reads and checks what {@link encodeSafetensorsHeader} wrote.
 *
 * @param file the file's beginning, at least up to the end of the header
 * @param fileBytes the length of the whole file
 * @throws BitryoshkaError `truncated-file` or `invalid-file`
 */
export function decodeSafetensorsHeader(
  file: Uint8Array,
  fileBytes: number = file.length,
): {
  readonly headerBytes: number;
  readonly slots: Readonly<Record<string, TensorSlot>>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  if (file.length < lengthBytes) throw truncated(`got ${file.length} bytes, expected at least 8`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > maximumHeaderBytes) throw invalid(`got a header of ${length} bytes`);
  const headerBytes = lengthBytes + length;
  if (file.length < headerBytes) {
    throw truncated(`got ${file.length} bytes, expected a header of ${headerBytes}`);
  }
  const { __metadata__: metadata = {}, ...entries } = parseHeader(
    file.subarray(lengthBytes, headerBytes),
  );
  if (!isRecord(metadata)) throw invalid('its metadata is no object');
  let expectedStart = 0;
  const slots: Record<string, TensorSlot> = {};
  const inOrder = Object.entries(entries)
    .map(([name, entry]) => [name, toSlot(name, entry)] as const)
    .sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  for (const [name, slot] of inOrder) {
    if (slot.start !== expectedStart) {
      throw invalid(`tensor ${name} begins at ${slot.start}, expected ${expectedStart}`);
    }
    expectedStart = slot.end;
    slots[name] = slot;
  }
  const expectedBytes = headerBytes + expectedStart;
  if (fileBytes < expectedBytes) {
    throw truncated(`got ${fileBytes} bytes, expected ${expectedBytes}`);
  }
  if (fileBytes > expectedBytes) throw invalid(`got ${fileBytes} bytes, expected ${expectedBytes}`);
  return { headerBytes, slots, metadata: metadata as Record<string, string> };
}

/** A whole safetensors file; tensors lie in the order of the object's keys. */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  const entries = Object.entries(tensors);
  const header = encodeSafetensorsHeader(
    entries.map(([name, tensor]) => [name, { dtype: dtypeOf(tensor), shape: tensor.shape }]),
    metadata,
  );
  const blocks = entries.map(([, tensor]) => {
    const data = dtypeOf(tensor) === 'F16' ? Uint16Array.from(tensor.data, toFloat16) : tensor.data;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  const dataBytes = blocks.reduce((sum, { length }) => sum + length, 0);
  const file = new Uint8Array(header.length + dataBytes);
  file.set(header);
  let offset = header.length;
  for (const block of blocks) {
    file.set(block, offset);
    offset += block.length;
  }
  return file;
}

/**
 * @throws BitryoshkaError `truncated-file` or `invalid-file`
 */
export function decodeSafetensors(file: Uint8Array): Safetensors {
  const { headerBytes, slots, metadata } = decodeSafetensorsHeader(file);
  const tensors: Record<string, Tensor> = {};
  for (const [name, { dtype, shape, start, end }] of Object.entries(slots)) {
    // A copy, because float32 views need an offset that is a multiple of 4; not by slice, which in
    // Node's Buffer is no copy.
    const bytes = new Uint8Array(file.subarray(headerBytes + start, headerBytes + end));
    tensors[name] = { shape, data: toArray(dtype, bytes), ...(dtype === 'F16' && { half: true }) };
  }
  return { tensors, metadata };
}

function dtypeOf({ data, half = false }: Tensor): TensorSlot['dtype'] {
  if (isUint8Array(data)) return 'U8';
  if (isInt8Array(data)) return 'I8';
  if (isUint32Array(data)) return 'U32';
  return half ? 'F16' : 'F32';
}

function toArray(dtype: TensorSlot['dtype'], bytes: Uint8Array<ArrayBuffer>): Tensor['data'] {
  if (dtype === 'U8') return bytes;
  if (dtype === 'I8') return new Int8Array(bytes.buffer);
  if (dtype === 'U32') return new Uint32Array(bytes.buffer);
  if (dtype === 'F32') return new Float32Array(bytes.buffer);
  if (dtype === 'BF16') {
    // The upper half of a float32.
    const words = Uint32Array.from(new Uint16Array(bytes.buffer), (half) => half << 16);
    return new Float32Array(words.buffer);
  }
  const values = float16Values();
  return Float32Array.from(new Uint16Array(bytes.buffer), (half) => values[half]);
}

function parseHeader(text: Uint8Array): Record<string, unknown> {
  try {
    const header = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(text));
    if (isRecord(header)) return header;
  } catch {
    // Falls through to the same error as a header that is no object.
  }
  throw invalid('its header is no JSON object');
}

function toSlot(name: string, entry: unknown): TensorSlot {
  if (isRecord(entry)) {
    const { dtype, shape, data_offsets: offsets } = entry;
    if (isDataType(dtype) && isCounts(shape) && isCounts(offsets)) {
      const [start = 0, end = 0] = offsets;
      const bytes = shape.reduce((size, length) => size * length, bytesPerElement[dtype]);
      if (offsets.length === 2 && end - start === bytes) return { dtype, shape, start, end };
    }
  }
  throw invalid(`tensor ${name} is described as ${JSON.stringify(entry)}`);
}

function isDataType(value: unknown): value is DataType {
  return typeof value === 'string' && Object.hasOwn(bytesPerElement, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function truncated(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'truncated-file',
    message: `safetensors file: ${what}.`,
    remedy: 'Copy or save the file again; it is incomplete.',
  });
}

function invalid(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `not a readable safetensors file: ${what}.`,
    remedy: 'Check that this is a file written by bitryoshka.',
  });
}
