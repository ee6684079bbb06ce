import type { Codes, Decoder, Matrix, Quantizer } from '@bitryoshka/core';
import { bitAt, bytesPerCode as bytesOf, normalizeRows } from '@bitryoshka/core';
import { toFloat16 } from '@bitryoshka/core/internal';
import type { PgStorage } from '../database/pg-schema.ts';
import { bitsPerLook } from '../database/pg-schema.ts';

/** More digits say nothing to half precision, whose values of unit vectors are multiples of 2^-24 at least. */
const halfDigits = 1e7;

/** A vector of unit length as the server reads it: one; of many, see `vectorArray`. */
export function vectorLiteral(values: ArrayLike<number>, storage: PgStorage): string {
  const texts: string[] = [];
  for (let j = 0; j < values.length; j++) {
    const value = values[j] as number;
    // What float32 has, and no more: as a number of double precision it would have twice the digits.
    texts.push(
      storage === 'vector'
        ? `${Number(value.toPrecision(9))}`
        : `${Math.round(value * halfDigits) / halfDigits}`,
    );
  }
  return `[${texts.join(',')}]`;
}

/**
 * Vectors as a parameter of type `halfvec[]` or `vector[]`, in the binary form that `array_recv` and the types read:
 * 20 bytes, then for each vector the number of its bytes, its dimensions, two zeros and its values. As text they would
 * take the server five times as long to read, and us many times as long to write.
 *
 * @param type of the elements, its OID
 */
export function vectorArray(
  { rows, columns, data }: Matrix,
  storage: PgStorage,
  type: number,
): Uint8Array {
  const bytesPerValue = storage === 'vector' ? 4 : 2;
  const bytesPerVector = 4 + bytesPerValue * columns;
  const bytes = new Uint8Array(20 + rows * (4 + bytesPerVector));
  const view = new DataView(bytes.buffer);
  // One dimension, no nulls, counted from one.
  view.setInt32(0, 1);
  view.setUint32(8, type);
  view.setInt32(12, rows);
  view.setInt32(16, 1);
  let at = 20;
  for (let i = 0; i < rows; i++) {
    view.setInt32(at, bytesPerVector);
    view.setUint16(at + 4, columns);
    at += 8;
    for (let j = 0; j < columns; j++, at += bytesPerValue) {
      const value = data[i * columns + j] as number;
      if (storage === 'vector') view.setFloat32(at, value);
      else view.setUint16(at, toFloat16(value));
    }
  }
  return bytes;
}

export function parseVector(literal: string): Float32Array {
  return Float32Array.from(literal.slice(1, -1).split(','), Number);
}

export function parseUnitVector(literal: string): Float32Array {
  const data = parseVector(literal);
  return normalizeRows({ rows: 1, columns: data.length, data }).data;
}

/** Codes by column, one value a row. */
export interface CodeColumns {
  /** `bit(n)`. */
  readonly code: string[];
  /** What lies behind the bits of codes in two parts, in hex; null for others. */
  readonly tail: (string | null)[];
  /** 1 / length of the vectors that the codes stand for; null without a decoder. */
  readonly scale: (number | null)[];
}

/** Bits of a code that are searched. */
export function searchedBits({ firstBits, bits }: Pick<Quantizer, 'firstBits' | 'bits'>): number {
  return firstBits ?? bits;
}

export function codeColumns(codes: Codes, decoder: Decoder | undefined): CodeColumns {
  const { rows, bits, firstBits, bytesPerCode, data } = codes;
  const searched = firstBits ?? bits;
  const norms = decoder?.encodeNorms(codes);
  const inverse = decoder?.inverseNorms();
  const code: string[] = [];
  const tail: (string | null)[] = [];
  const scale: (number | null)[] = [];
  for (let i = 0; i < rows; i++) {
    code.push(bitLiteral(codes, i, searched));
    const start = i * bytesPerCode;
    tail.push(
      firstBits === undefined
        ? null
        : `\\x${hex(data.subarray(start + firstBits / 8, start + bits / 8))}`,
    );
    scale.push(norms && inverse ? (inverse[norms[i] as number] as number) : null);
  }
  return { code, tail, scale };
}

/**
 * Codes as they are read in binary form.
 *
 * @param codes for each as `bit_send` writes it: how many bits it has in four bytes, then the bits, the first the
 *   highest of a byte
 * @param tails what lies behind the bits, for each as many bytes
 */
export function parseCodes(
  { bits, firstBits }: Pick<Quantizer, 'bits' | 'firstBits'>,
  {
    count,
    codes,
    tails,
  }: { readonly count: number; readonly codes: Uint8Array; readonly tails: Uint8Array | null },
): Codes {
  const searched = Math.ceil((firstBits ?? bits) / 8);
  const tail = tails ? tails.length / count : 0;
  const bytesPerCode = bytesOf(bits);
  const data = new Uint8Array(count * bytesPerCode);
  for (let i = 0; i < count; i++) {
    const from = i * (4 + searched) + 4;
    const to = i * bytesPerCode;
    for (let j = 0; j < searched; j++) data[to + j] = reversed[codes[from + j] as number] as number;
    if (tails) data.set(tails.subarray(i * tail, (i + 1) * tail), to + searched);
  }
  return { rows: count, bits, ...(firstBits !== undefined && { firstBits }), bytesPerCode, data };
}

/**
 * Lengths of codes as the decoder notes them, of what the column `scale` has.
 *
 * @param scales four bytes each
 * @returns undefined for what it would not write so
 */
export function parseNorms(
  decoder: Decoder | undefined,
  scales: Uint8Array | null,
): Uint8Array | undefined {
  if (!decoder || !scales) return undefined;
  const byteOf = new Map(Array.from(decoder.inverseNorms(), (value, byte) => [value, byte]));
  const view = new DataView(scales.buffer, scales.byteOffset, scales.byteLength);
  const norms = new Uint8Array(scales.length / 4);
  for (let i = 0; i < norms.length; i++) {
    const byte = byteOf.get(view.getFloat32(4 * i));
    if (byte === undefined) return undefined;
    norms[i] = byte;
  }
  return norms;
}

/** Bytes with their bits from the other end. */
const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let turned = 0;
  for (let bit = 0; bit < 8; bit++) turned |= ((byte >> bit) & 1) << (7 - bit);
  return turned;
});

function bitLiteral(codes: Codes, row: number, bits: number): string {
  let literal = '';
  for (let j = 0; j < bits; j++) literal += bitAt(codes, row, j);
  return literal;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A query as the database scores codes with it. */
export interface CodeQuery {
  /** `bit(n)`. */
  readonly code: string;
  readonly scoring:
    | {
        /** By every four bits of a code, sixteen entries. */
        readonly bitTables: number[];
        /** By every byte behind them, 256. */
        readonly byteTables: number[];
        readonly constant: number;
      }
    | undefined;
}

/** @param vector of unit length */
export function codeQuery(quantizer: Quantizer, vector: Float32Array): CodeQuery {
  const { decoder } = quantizer;
  const bits = searchedBits(quantizer);
  const code = bitLiteral(quantizer.encode([vector], 'query'), 0, bits);
  if (!decoder) return { code, scoring: undefined };
  const query = decoder.query(vector);
  const { constant } = query;
  if ('values' in query) {
    const gain = (bit: number, isSet: boolean) => {
      const value = query.values[bit] ?? 0;
      return isSet ? value : -value;
    };
    const bitTables = tablesOf(bits, (first, isSet) => {
      let sum = 0;
      for (let j = 0; j < bitsPerLook && first + j < bits; j++) sum += gain(first + j, isSet(j));
      return sum;
    });
    return { code, scoring: { bitTables, byteTables: [], constant } };
  }
  const { tables } = query;
  // Of the bits, entries of a byte are sums over what is set in it.
  const bytes = bits / 8;
  const bitTables = tablesOf(bits, (first, isSet) => {
    const byte = Math.floor(first / 8);
    const shift = first % 8;
    let value = 0;
    for (let j = 0; j < bitsPerLook; j++) if (isSet(j)) value |= 1 << (shift + j);
    // The half that is not looked at counts once as zeros.
    const entry = tables[256 * byte + value] as number;
    return shift === 0 ? entry : entry - (tables[256 * byte] as number);
  });
  const byteTables = Array.from(tables.subarray(256 * bytes));
  return { code, scoring: { bitTables, byteTables, constant } };
}

/** @param entry of a look at the bits from `first` on, by which of them are set */
function tablesOf(
  bits: number,
  entry: (first: number, isSet: (bit: number) => boolean) => number,
): number[] {
  const tables: number[] = [];
  for (let first = 0; first < bits; first += bitsPerLook) {
    for (let value = 0; value < 1 << bitsPerLook; value++) {
      // The first bit of a literal is the highest.
      tables.push(entry(first, (j) => ((value >> (bitsPerLook - 1 - j)) & 1) === 1));
    }
  }
  return tables;
}
