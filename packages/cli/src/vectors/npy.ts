import { stat } from 'node:fs/promises';
import type { Matrix } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { float16Values } from '@bitryoshka/core/internal';
import { readPieces } from '@bitryoshka/core/node';

/** What the header of a file says (NumPy Enhancement Proposal 1, `numpy.lib.format`). */
interface NpyHeader {
  /** Of the header itself: where the values begin. */
  readonly bytes: number;
  /** Order of the bytes, kind and size of a value: `<f4`. */
  readonly type: string;
  readonly rows: number;
  readonly columns: number;
}

const magic = Buffer.from('\x93NUMPY', 'latin1');
/** What is longer is no header of an array of numbers. */
const mostHeaderBytes = 1024 * 1024;
const alignment = 64;

type Decode = (bytes: Buffer<ArrayBuffer>) => Float32Array<ArrayBuffer>;

/** By kind and size; bytes are a copy, in the order of this machine. */
const decoders: Readonly<Record<string, Decode>> = {
  f2: ({ buffer }) => {
    const values = float16Values();
    return Float32Array.from(new Uint16Array(buffer), (bits) => values[bits] as number);
  },
  f4: ({ buffer }) => new Float32Array(buffer),
  f8: ({ buffer }) => Float32Array.from(new Float64Array(buffer)),
};

/**
 * Vectors of a file that NumPy saved, block after block: float16, float32 or float64, one row each, in C order,
 * versions 1 to 3. No more than a few MiB are held at a time.
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `truncated-file`
 */
export async function* readNpy(file: string): AsyncGenerator<Matrix> {
  let header: NpyHeader | undefined;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of readPieces(file)) {
    rest = Buffer.concat([rest, piece]);
    if (!header) {
      header = parseHeader(file, rest);
      if (!header) continue;
      checkSize(file, (await stat(file)).size, header);
      rest = rest.subarray(header.bytes);
    }
    const { type, columns } = header;
    const rowBytes = columns * sizeOf(type);
    const rows = Math.floor(rest.length / rowBytes);
    if (rows === 0) continue;
    const values = inOrder(type, copyOf(rest.subarray(0, rows * rowBytes)));
    yield { rows, columns, data: (decoders[type.slice(1)] as Decode)(values) };
    rest = rest.subarray(rows * rowBytes);
  }
  if (!header) throw invalid(file, 'got a file that is cut off or is none of NumPy');
}

/** A file of NumPy of bytes, one row per code. */
export function encodeNpy(
  rows: number,
  columns: number,
  parts: readonly Uint8Array[],
): Uint8Array[] {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const bytes = magic.length + 4;
  const length = Math.ceil((bytes + text.length + 1) / alignment) * alignment;
  const header = Buffer.alloc(length, ' ');
  magic.copy(header);
  header.writeUInt16LE(1, magic.length);
  header.writeUInt16LE(length - bytes, magic.length + 2);
  header.write(text, bytes, 'latin1');
  header.write('\n', length - 1, 'latin1');
  return [header, ...parts];
}

/** Undefined where it goes on behind what was read. */
function parseHeader(file: string, start: Buffer): NpyHeader | undefined {
  if (start.length < magic.length + 6) return undefined;
  if (!start.subarray(0, magic.length).equals(magic))
    throw invalid(file, 'got a file that is none of NumPy');
  const version = start[magic.length] as number;
  if (version < 1 || version > 3) throw invalid(file, `got version ${version} of the format`);
  const isShort = version === 1;
  const at = magic.length + 2;
  const length = isShort ? start.readUInt16LE(at) : start.readUInt32LE(at);
  const bytes = at + (isShort ? 2 : 4) + length;
  if (length > mostHeaderBytes) throw invalid(file, `got a header of ${length} bytes`);
  if (start.length < bytes) return undefined;
  const text = start.toString(version === 3 ? 'utf8' : 'latin1', bytes - length, bytes);
  const type = /'descr':\s*'([^']*)'/.exec(text)?.[1] ?? 'values of several kinds';
  if (!/^[<>]f[248]$/.test(type)) throw invalid(file, `got values of the type ${type}`);
  if (!/'fortran_order':\s*False/.test(text)) throw invalid(file, 'got an array in Fortran order');
  const shape = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1] ?? '';
  const [rows, columns, ...more] = shape
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map(Number);
  const areCounts =
    Number.isSafeInteger(rows) && Number.isSafeInteger(columns) && more.length === 0;
  if (!areCounts || !columns) throw invalid(file, `got an array of the shape (${shape})`);
  return { bytes, type, rows: rows as number, columns };
}

function checkSize(file: string, bytes: number, header: NpyHeader): void {
  const { rows, columns, type } = header;
  const expected = header.bytes + rows * columns * sizeOf(type);
  if (bytes === expected) return;
  throw new BitryoshkaError({
    code: bytes < expected ? 'truncated-file' : 'invalid-file',
    message: `${file}: got ${bytes} bytes, expected ${expected}: ${rows} vectors of ${columns} ${type}.`,
    remedy: 'Check that it was copied whole, or save it again.',
  });
}

function sizeOf(type: string): number {
  return Number(type[2]);
}

/** Aligned, and alone in its buffer. */
function copyOf(bytes: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(new Uint8Array(bytes).buffer);
}

function inOrder(type: string, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  if (type[0] === '<') return bytes;
  const size = sizeOf(type);
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else bytes.swap64();
  return bytes;
}

function invalid(file: string, got: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${file}: ${got}, expected an array of float16, float32 or float64 with a row per vector.`,
    remedy: 'Save it with numpy.save(file, numpy.ascontiguousarray(vectors, dtype="float32")).',
  });
}
