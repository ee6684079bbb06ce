// A scan of sign bits in SQLite, re-ranked in the same statement with the stored vectors.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { load } from 'sqlite-vec';

export const settings = [100, 200, 400, 800].map((candidates) => ({
  name: `${candidates} by bits and vectors`,
  candidates,
}));

export async function build({ vectors, dimensions, rows, folder }) {
  const database = new Database(join(folder, 'vectors.sqlite'));
  load(database);
  database.exec(`create virtual table codes using vec0(code bit[${dimensions}])`);
  database.exec('create table vectors(id integer primary key, vector blob)');
  const addCode = database.prepare(
    'insert into codes(rowid, code) values (?, vec_quantize_binary(?))',
  );
  const addVector = database.prepare('insert into vectors values (?, ?)');
  database.transaction(() => {
    for (let i = 0; i < rows; i++) {
      const vector = asBytes(vectors.subarray(i * dimensions, (i + 1) * dimensions));
      addCode.run(BigInt(i), vector);
      addVector.run(BigInt(i), vector);
    }
  })();
  const select = database
    .prepare(
      `with found as materialized (
         select rowid from codes where code match vec_quantize_binary(?) and k = ?
       )
       select id from found join vectors on id = found.rowid
       order by vec_distance_cosine(vector, ?) limit ?`,
    )
    .pluck();
  return {
    prepare:
      ({ candidates }) =>
      (query, k) => {
        const bytes = asBytes(query);
        return select.all(bytes, candidates, bytes, k);
      },
    close: () => database.close(),
  };
}

function asBytes({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
