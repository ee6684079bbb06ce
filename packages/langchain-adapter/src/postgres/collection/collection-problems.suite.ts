import { loadQuantizer, normalizeRows, toMatrix } from '@bitryoshka/core';
import type { PgPool } from '../database/pg-pool.ts';
import { codeColumns, parseVector } from './pg-values.ts';

export interface CollectionCheck {
  /** What is wrong with the collection as it lies in the database, while nobody changes it. */
  readonly problems: string[];
  /** Whether there are codes that somebody has begun beside those that serve. */
  readonly isBuilding: boolean;
}

/**
 * Looks at the only collection of a schema: whether vectors are those of the texts, whether every document has the
 * code of its vector, and nothing else has one, and whether there are tables that belong to nothing. Vectors must be
 * kept in single precision.
 */
export async function checkCollection(
  pool: PgPool,
  {
    schema = 'bitryoshka',
    embed,
  }: {
    readonly schema?: string;
    readonly embed?: (texts: string[]) => Promise<number[][]>;
  } = {},
): Promise<CollectionCheck> {
  const problems: string[] = [];
  const read = async <Row extends object>(text: string, values?: unknown[]): Promise<Row[]> =>
    (await pool.query<Row>(text, values)).rows;
  const [collection] = await read<{ id: number; active: number | null; building: number | null }>(
    `SELECT id, active, building FROM ${schema}.collections`,
  );
  if (!collection) throw new Error('no collection');
  const { id, active, building } = collection;
  const documents = await read<{ row: string; id: string; content: string; vector: string }>(
    `SELECT row::text, id, content, vector::text FROM ${schema}.documents_${id}`,
  );
  const vectors = documents.map(({ vector }) => parseVector(vector));

  if (embed && documents.length > 0) {
    const unit = normalizeRows(toMatrix(await embed(documents.map(({ content }) => content))));
    for (const [i, { id }] of documents.entries()) {
      const isSame = vectors[i]?.every((value, j) => value === unit.data[i * unit.columns + j]);
      if (!isSame) problems.push(`${id}: has the vector of another text`);
    }
  }

  const versions = [active, building].filter((version) => version !== null);
  for (const version of versions) {
    const files = await read<{ file: Uint8Array }>(
      `SELECT file FROM ${schema}.quantizers WHERE collection = $1 AND version = $2`,
      [id, version],
    );
    const codes = await read<{ row: string; code: string; tail: string | null; scale: unknown }>(
      `SELECT row::text, code::text, '\\x' || encode(tail, 'hex') AS tail, scale FROM ${schema}.codes_${id}_${version}`,
    );
    const found = new Map(codes.map((each) => [each.row, each]));
    const quantizer = loadQuantizer(new Uint8Array(files[0]?.file ?? []));
    const { decoder } = quantizer;
    const expected =
      vectors.length > 0 ? codeColumns(quantizer.encode(vectors, 'document'), decoder) : undefined;
    for (const [i, { row, id }] of documents.entries()) {
      const code = found.get(row);
      found.delete(row);
      const scale = expected?.scale[i] ?? null;
      if (!code) {
        if (version === active) problems.push(`${id}: has no code of version ${version}`);
      } else if (
        code.code !== expected?.code[i] ||
        code.tail !== expected.tail[i] ||
        (code.scale === null ? null : Math.fround(Number(code.scale))) !==
          (scale === null ? null : Math.fround(scale))
      ) {
        problems.push(`${id}: has the code of another vector, version ${version}`);
      }
    }
    for (const row of found.keys()) problems.push(`row ${row}: has a code, and no document`);
  }

  const tables = await read<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace($1)`,
    [schema],
  );
  const known = ['format', 'collections', 'quantizers', `documents_${id}`];
  known.push(...versions.map((version) => `codes_${id}_${version}`));
  for (const { name } of tables) {
    if (!known.includes(name)) problems.push(`table ${name}: belongs to nothing`);
  }
  const kept = await read<{ version: number }>(`SELECT version FROM ${schema}.quantizers`);
  for (const { version } of kept) {
    if (!versions.includes(version)) problems.push(`quantizer ${version}: belongs to nothing`);
  }
  const invalid = await read<{ name: string }>(
    `SELECT c.relname AS name FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE NOT indisvalid AND relnamespace = to_regnamespace($1)`,
    [schema],
  );
  if (building === null)
    for (const { name } of invalid) problems.push(`index ${name}: is half made`);
  return { problems, isBuilding: building !== null };
}
