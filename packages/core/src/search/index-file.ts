import { bytesPerCode } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { ByteSource } from '../format/checked-blocks.ts';
import { BlockChecksums, blockBytes, CheckedBlocks } from '../format/checked-blocks.ts';
import type { Crc32 } from '../format/crc32.ts';
import { crc32 as crc32InJavascript } from '../format/crc32.ts';
import { parseJson } from '../format/parse-json.ts';
import type { TensorSlot } from '../format/safetensors.ts';
import { decodeSafetensorsHeader, encodeSafetensorsHeader } from '../format/safetensors.ts';
import type { VectorFormatName } from '../kernels/scan/vector-layout.ts';
import { bytesOfVector } from '../kernels/scan/vector-layout.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { loadQuantizer } from '../quantizers/load.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { BinaryIndexOptions } from './binary-index.ts';
import { BinaryIndex } from './binary-index.ts';
import type { IndexSegment } from './index-segment.ts';
import type { SegmentToFill } from './restore-index.ts';
import { restoreIndex } from './restore-index.ts';
import type { StoredVectors } from './vectors/stored-vectors.ts';
import { vectorCodec, vectorFormats } from './vectors/vector-codecs.ts';
import type { VectorStorage } from './vectors/vector-storage.ts';

export interface LoadIndexOptions<Index extends BinaryIndex = BinaryIndex> extends TaskOptions {
  /** Where vectors are kept. Default: in memory, at the precision at which they were saved. */
  readonly storage?: VectorStorage | undefined;
  /** What computes checksums. Default: JavaScript. */
  readonly crc32?: Crc32 | undefined;
  /** Makes the index, empty. Default: a `BinaryIndex`. */
  readonly create?:
    | ((options: BinaryIndexOptions & { readonly dimensions: number }, settings: unknown) => Index)
    | undefined;
}

export interface SaveIndexOptions
  extends Pick<LoadIndexOptions, 'crc32'>,
    Pick<TaskOptions, 'onProgress'> {}

const version = '1';
/** Rows that are written or read at a time. */
const rowsPerPiece = 1024;
const mostHeaderBytes = 1 << 24;
/** Above any model's; memory is set aside by it before there are vectors. */
const mostDimensions = 1 << 20;
const mostRows = 2 ** 32;

/** What is in a file, in its order: the checksums are last, as they are known last. */
interface Section {
  readonly name: string;
  readonly dtype: TensorSlot['dtype'];
  readonly shape: readonly number[];
  readonly pieces: () => Iterable<Uint8Array>;
}

/**
 * An index as one file, in pieces: rows and their numbers, vectors as they are stored, codes, the quantizer, and what
 * a graph or lists are, with a checksum for every MiB. The file is safetensors, so that other programs read the arrays.
 *
 * @throws BitryoshkaError `not-supported` when the index is changed before the last piece
 */
export function* saveIndex(
  index: BinaryIndex,
  { crc32 = crc32InJavascript, onProgress }: SaveIndexOptions = {},
): Generator<Uint8Array> {
  const { settings, rows, finder, quantizer, prefixBits, isFetched } = index.contents;
  const { removals, nextRow } = rows;
  const state = finder?.save();
  const sections = sectionsOf(index, isFetched);
  for (const [name, array] of Object.entries(state?.arrays ?? {})) {
    const { byteLength } = array;
    const pieces = () => array.pieces();
    sections.push({ name: `finder.${name}`, dtype: 'U8', shape: [byteLength], pieces });
  }
  const bytes = sections.reduce((sum, section) => sum + bytesOf(section), 0);
  const blocks = new BlockChecksums(bytes, crc32);
  const fields = {
    dimensions: index.dimensions,
    nextRow,
    prefixBits,
    storage: isFetched ? undefined : formatOf(index),
    quantizer: quantizer !== undefined,
    settings,
    finder: finder && { kind: finder.kind, fields: state?.fields },
  };
  const header = encodeSafetensorsHeader(
    [
      ...sections,
      { name: 'checksums', dtype: 'U32' as const, shape: [1 + blocks.checksums.length] },
    ].map(({ name, dtype, shape }) => [name, { dtype, shape }] as const),
    { format: 'bitryoshka', kind: 'index', version, fields: JSON.stringify(fields) },
  );
  yield header;
  let done = 0;
  for (const { pieces } of sections) {
    for (const piece of pieces()) {
      if (rows.removals !== removals || rows.nextRow !== nextRow) throw changed();
      blocks.add(piece);
      yield piece;
      done += piece.length;
      onProgress?.({ stage: 'save', done, total: bytes });
    }
  }
  const checksums = Uint32Array.of(crc32(header, 0), ...blocks.checksums);
  yield new Uint8Array(checksums.buffer);
}

/**
 * Reads what `saveIndex` wrote. Nothing is taken from the file before its checksums are right, and no memory is
 * allocated that the file does not have the bytes for.
 *
 * @throws BitryoshkaError `truncated-file`, `invalid-file`, `unsupported-version` or `checksum-mismatch`
 */
export async function loadIndex<Index extends BinaryIndex = BinaryIndex>(
  file: Uint8Array | ByteSource,
  options: LoadIndexOptions<Index> = {},
): Promise<Index> {
  const { crc32 = crc32InJavascript, signal, onProgress } = options;
  const source = 'read' in file ? file : sourceOf(file);
  const { headerBytes, slots, fields, checksums } = await readHeader(source, crc32);
  const blocks = new CheckedBlocks(source, {
    first: headerBytes,
    bytes: slots.checksums.start,
    checksums,
    crc32,
    damaged: (start, end) => {
      const [name] = Object.entries(slots).find(([, slot]) => slot.end > start) ?? ['bytes'];
      return damaged(`${name}, between bytes ${headerBytes + start} and ${headerBytes + end}`);
    },
    task: { signal, onProgress },
  });
  const read = async (name: string, byteLength?: number, from = 0): Promise<Uint8Array> => {
    const slot = slots[name];
    if (!slot) throw invalid(`no ${name}`);
    const length = byteLength ?? slot.end - slot.start;
    if (from + length > slot.end - slot.start) throw invalid(`too few bytes of ${name}`);
    return blocks.read(slot.start + from, length);
  };
  const { dimensions, nextRow, prefixBits, quantizer: hasQuantizer, finder } = fields;
  const quantizer = hasQuantizer ? loadQuantizer((await read('quantizer')).slice()) : undefined;
  const saved = fields.storage;
  if (!isCount(dimensions, 1) || !isCount(nextRow, 0) || !isCount(prefixBits, 0)) {
    throw invalid('dimensions, rows or bits of prefixes that are no counts');
  }
  if (dimensions > mostDimensions || nextRow > mostRows) {
    throw invalid(`${dimensions} dimensions and ${nextRow} rows`);
  }
  if (saved !== undefined && !vectorFormats.includes(saved)) throw invalid(`vectors as ${saved}`);
  const { storage = saved } = options;
  if (storage === undefined) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: 'storage: got none for an index whose vectors are fetched, expected their source.',
      remedy: 'Pass { storage: { fetchVectors } }.',
    });
  }
  const { create = (made) => new BinaryIndex(made) as Index } = options;
  const index = create({ dimensions, quantizer, prefixBits, storage }, fields.settings);
  const numbers = new Uint32Array((await read('rows')).slice().buffer);
  await restoreIndex(
    index,
    {
      numbers,
      nextRow,
      fill: (segments) => fillSegments(index, segments, { count: numbers.length, saved, read }),
      finder: finder && {
        kind: finder.kind,
        fields: finder.fields,
        read: (name, byteLength) => {
          const slot = slots[`finder.${name}`];
          if (slot?.end - slot?.start !== byteLength) throw invalid(`the size of ${name}`);
          return read(`finder.${name}`);
        },
      },
    },
    { signal },
  );
  await blocks.checkOthers();
  return index;
}

export interface IndexFields {
  readonly dimensions: number;
  readonly nextRow: number;
  readonly prefixBits: number;
  readonly storage?: VectorFormatName;
  readonly quantizer: boolean;
  readonly settings?: unknown;
  readonly finder?: { readonly kind: string; readonly fields: Record<string, unknown> };
}

function sectionsOf(index: BinaryIndex, isFetched: boolean): Section[] {
  const { rows, quantizer } = index.contents;
  const { count } = rows;
  const { dimensions } = index;
  // As they are now: other codes may be made in the background.
  const segments = rows.segments.map(({ content: { vectors, codes }, rows: ofSegment }) => ({
    content: { vectors, codes },
    rows: ofSegment,
  }));
  const perSegment = (
    piece: (content: Pick<IndexSegment, 'vectors' | 'codes'>, slots: Uint32Array) => Uint8Array,
  ) =>
    function* pieces() {
      for (const { content, rows: ofSegment } of segments) {
        const slots = ofSegment.aliveSlots();
        for (let start = 0; start < slots.length; start += rowsPerPiece) {
          yield piece(content, slots.subarray(start, start + rowsPerPiece));
        }
      }
    };
  const numbers = function* pieces() {
    for (const { rows: ofSegment } of segments) {
      const slots = ofSegment.aliveSlots();
      yield new Uint8Array(slots.map((slot) => ofSegment.rowAt(slot)).buffer);
    }
  };
  const sections: Section[] = [{ name: 'rows', dtype: 'U32', shape: [count], pieces: numbers }];
  if (!isFetched) {
    const format = formatOf(index);
    const perRow = bytesOfVector(format, dimensions);
    sections.push({
      name: 'vectors',
      ...(format === 'float32'
        ? { dtype: 'F32', shape: [count, dimensions] }
        : { dtype: 'U8', shape: [count, perRow] }),
      pieces: perSegment(({ vectors }, slots) => encodedVectors(vectors as StoredVectors, slots)),
    });
  }
  if (quantizer) {
    const file = quantizer.save();
    const bytes = bytesPerCode(quantizer.bits);
    sections.push({
      name: 'quantizer',
      dtype: 'U8',
      shape: [file.length],
      pieces: () => [file],
    });
    sections.push({
      name: 'codes',
      dtype: 'U8',
      shape: [count, bytes],
      pieces: perSegment(({ codes }, slots) => {
        const piece = new Uint8Array(slots.length * bytes);
        codes?.copy(slots, piece);
        return piece;
      }),
    });
    if (quantizer.decoder) {
      sections.push({
        name: 'norms',
        dtype: 'U8',
        shape: [count],
        pieces: perSegment(({ codes }, slots) =>
          Uint8Array.from(slots, (slot) => codes?.norms[slot] ?? 0),
        ),
      });
    }
  }
  // What is wide comes first, so that readers can map it.
  const order = { F32: 0, U32: 1, U8: 2 } as Record<string, number>;
  return sections.sort((a, b) => order[a.dtype] - order[b.dtype]);
}

/** At which precision the vectors are saved: as they are kept, or as float32 where that is not in memory. */
function formatOf(index: BinaryIndex): VectorFormatName {
  const vectors = index.contents.rows.segments[0]?.content.vectors;
  return vectors?.format ?? 'float32';
}

function encodedVectors(vectors: StoredVectors, slots: Uint32Array): Uint8Array {
  if (vectors.format && vectors.encoded) return vectors.encoded(slots);
  const floats = new Float32Array(slots.length * vectors.dimensions);
  for (let i = 0; i < slots.length; i++) floats.set(vectors.at(slots[i]), i * vectors.dimensions);
  return new Uint8Array(floats.buffer);
}

interface FilledFrom {
  /** How many rows the file has. */
  readonly count: number;
  readonly saved: VectorFormatName | undefined;
  readonly read: (name: string, byteLength?: number, from?: number) => Promise<Uint8Array>;
}

/** Section after section, as they lie in the file. */
async function fillSegments(
  { quantizer, dimensions }: BinaryIndex,
  segments: readonly SegmentToFill[],
  { count, saved, read }: FilledFrom,
): Promise<void> {
  const fill = async (
    name: string,
    bytesPerRow: number,
    append: (content: IndexSegment, bytes: Uint8Array, first: number, rows: number) => void,
  ) => {
    for (const { content, first, end } of segments) {
      for (let start = first; start < end; start += rowsPerPiece) {
        const rows = Math.min(rowsPerPiece, end - start);
        const bytes = await read(name, rows * bytesPerRow, start * bytesPerRow);
        append(content, bytes, start, rows);
      }
    }
  };
  if (saved) {
    await fill('vectors', bytesOfVector(saved, dimensions), ({ vectors }, bytes, _, rows) => {
      if (vectors) appendVectors(vectors, bytes, saved, rows);
    });
  }
  if (!quantizer) return;
  const { bits } = quantizer;
  const norms = quantizer.decoder && (await read('norms', count));
  await fill('codes', bytesPerCode(bits), ({ codes }, data, first, rows) => {
    codes?.append(
      { rows, bits, bytesPerCode: bytesPerCode(bits), data },
      norms?.subarray(first, first + rows),
    );
  });
}

function appendVectors(
  vectors: StoredVectors,
  bytes: Uint8Array,
  format: VectorFormatName,
  rows: number,
): void {
  if (vectors.format === format && vectors.appendEncoded) vectors.appendEncoded(bytes);
  else vectors.append(decodedVectors(bytes, format, { rows, columns: vectors.dimensions }));
}

export function decodedVectors(
  bytes: Uint8Array,
  format: VectorFormatName,
  { rows, columns }: Pick<Matrix, 'rows' | 'columns'>,
): Matrix {
  // A copy that begins at a multiple of four.
  const all = bytes.slice();
  if (format === 'float32') return { rows, columns, data: new Float32Array(all.buffer) };
  const codec = vectorCodec(format, columns);
  const decoded = zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    const from = all.subarray(i * codec.bytesPerVector, (i + 1) * codec.bytesPerVector);
    codec.decode(from, decoded.data.subarray(i * columns, (i + 1) * columns));
  }
  return decoded;
}

export async function readHeader(
  source: ByteSource,
  crc32: Crc32,
): Promise<{
  readonly headerBytes: number;
  readonly slots: Readonly<Record<string, TensorSlot>>;
  readonly fields: IndexFields;
  /** Of blocks. */
  readonly checksums: Uint32Array;
}> {
  const { byteLength } = source;
  if (byteLength < 8) throw truncated(byteLength, 8);
  const first = await source.read(0, 8);
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > mostHeaderBytes) throw invalid(`a header of ${length} bytes`);
  if (byteLength < 8 + length) throw truncated(byteLength, 8 + length);
  const header = (await source.read(0, 8 + length)).slice();
  const { headerBytes, slots, metadata } = decodeSafetensorsHeader(header, byteLength);
  if (metadata.format !== 'bitryoshka' || metadata.kind !== 'index') {
    throw invalid(`format "${metadata.format}" and kind "${metadata.kind}"`);
  }
  if (metadata.version !== version) {
    throw new BitryoshkaError({
      code: 'unsupported-version',
      message: `index: got version ${metadata.version} of the file format, expected ${version}.`,
      remedy: 'Update bitryoshka, or save the index again with this version.',
    });
  }
  const { checksums: slot } = slots;
  if (!slot || slot.end - slot.start !== 4 + 4 * Math.ceil(slot.start / blockBytes)) {
    throw invalid('another number of checksums');
  }
  const bytes = await source.read(headerBytes + slot.start, slot.end - slot.start);
  const [ofHeader, ...checksums] = new Uint32Array(bytes.slice().buffer);
  if (crc32(header, 0) !== ofHeader) throw damaged('the header');
  const fields = parseFields(metadata.fields);
  return { headerBytes, slots, fields, checksums: Uint32Array.from(checksums) };
}

function parseFields(text: string): IndexFields {
  try {
    const fields = parseJson(text) as IndexFields;
    const { finder } = fields;
    if (finder === undefined || Object(finder.fields) === finder.fields) return fields;
  } catch {
    // The same is to be said of what is no JSON, or no object.
  }
  throw invalid('fields that are none');
}

function sourceOf({ buffer, byteOffset, length: byteLength }: Uint8Array): ByteSource {
  // Not as a Buffer of Node, of which a slice is no copy.
  const file = new Uint8Array(buffer, byteOffset, byteLength);
  return {
    byteLength,
    read: async (offset, length) => file.subarray(offset, offset + length),
  };
}

function bytesOf({ dtype, shape }: Pick<Section, 'dtype' | 'shape'>): number {
  return shape.reduce((size, length) => size * length, dtype === 'U8' ? 1 : 4);
}

export function isCount(value: unknown, minimum: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= minimum;
}

function changed(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: 'save: got an index that was changed while it was saved.',
    remedy: 'Save it again, and change it when that is done.',
  });
}

function truncated(got: number, expected: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'truncated-file',
    message: `index: got ${got} bytes, expected ${expected} or more.`,
    remedy: 'The file was cut off: copy or save it again.',
  });
}

function invalid(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `index: got ${what}, expected what saveIndex writes.`,
    remedy: 'Check that this is the right file.',
  });
}

function damaged(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'checksum-mismatch',
    message: `index: got bytes with another checksum in ${what}.`,
    remedy: 'The file was damaged: copy or save it again.',
  });
}
