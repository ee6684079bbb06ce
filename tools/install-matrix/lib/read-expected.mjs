import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The first texts of a retrieval set and their vectors.
 *
 * @param vectors `queries.f32`, beside `queries.json` (`{ ids, dims }`); texts are in
 *   `queries.jsonl`, one folder up
 */
export function readExpected(vectors, count) {
  const folder = dirname(vectors);
  const { ids, dims } = JSON.parse(readFileSync(join(folder, 'queries.json'), 'utf8'));
  const texts = new Map(
    readFileSync(join(dirname(folder), 'queries.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .map(({ _id, text }) => [_id, text]),
  );
  const bytes = readFileSync(vectors);
  const rows = ids
    .slice(0, count)
    .map((_, row) =>
      Array.from({ length: dims }, (_value, j) => bytes.readFloatLE((row * dims + j) * 4)),
    );
  return { texts: ids.slice(0, count).map((id) => texts.get(id)), vectors: rows };
}
