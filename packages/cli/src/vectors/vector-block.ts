import type { Matrix } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';

/** Some vectors of a file, in its order. */
export interface VectorBlock {
  readonly vectors: Matrix;
  /** One per row, where the file has them. */
  readonly ids?: readonly string[] | undefined;
}

/** A row of a file that has its vectors one by one. */
export interface VectorRow {
  /** Its place in the file, as errors call it. */
  readonly name: string;
  readonly vector: unknown;
  readonly id?: unknown;
}

/** Where nobody says what the vectors are called. */
export const vectorFields = ['embedding', 'vector'] as const;
export const idFields = ['id', '_id'] as const;

/**
 * Rows as a block.
 *
 * @throws BitryoshkaError `invalid-file` for what is no list of numbers, `dimension-mismatch` for one of another
 *   length than the first
 */
export function toBlock(rows: readonly VectorRow[]): VectorBlock {
  const columns = lengthOf(rows[0]);
  const data = new Float32Array(rows.length * columns);
  for (const [i, { name, vector }] of rows.entries()) {
    const values = listOf(name, vector);
    if (values.length !== columns) throw otherLength(name, values.length, columns);
    for (let j = 0; j < columns; j++) {
      const value = values[j];
      if (typeof value !== 'number') throw notNumbers(name, `${typeName(value)} at dimension ${j}`);
      data[i * columns + j] = value;
    }
  }
  const ids = rows.flatMap(({ id }) =>
    typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint' ? [String(id)] : [],
  );
  const vectors = { rows: rows.length, columns, data };
  return { vectors, ...(ids.length === rows.length && { ids }) };
}

export function otherLength(name: string, got: number, expected: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'dimension-mismatch',
    message: `${name}: got a vector of ${got} dimensions, expected ${expected} as in the first.`,
    remedy: 'Embed everything with one model.',
  });
}

function lengthOf(row: VectorRow | undefined): number {
  return row ? listOf(row.name, row.vector).length : 0;
}

function listOf(name: string, vector: unknown): ArrayLike<unknown> {
  if (Array.isArray(vector) || ArrayBuffer.isView(vector)) {
    return vector as unknown as ArrayLike<unknown>;
  }
  throw notNumbers(name, typeName(vector));
}

function typeName(value: unknown): string {
  return value === undefined || value === null ? 'nothing' : typeof value;
}

function notNumbers(name: string, got: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${name}: got ${got}, expected a list of numbers.`,
    remedy: 'Name the field or the column of the vectors with --column.',
  });
}
