import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { readBytes, readText } from './read-file.ts';

/** Vectors with a name for each. */
export interface NamedVectors {
  /** One per row, all different. */
  readonly ids: readonly string[];
  readonly vectors: Matrix;
}

/**
 * Reads `<path>.f32` (little-endian float32, row after row) and `<path>.json`
 * (`{ "ids": [...], "dims": number }`).
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `truncated-file`, `duplicate-id` or
 *   `not-finite`
 */
export async function readVectors(path: string): Promise<NamedVectors> {
  const { ids, dims } = await readDescription(`${path}.json`);
  const bytes = await readBytes(`${path}.f32`);
  const expectedBytes = ids.length * dims * 4;
  if (bytes.length !== expectedBytes) {
    throw new BitryoshkaError({
      code: bytes.length < expectedBytes ? 'truncated-file' : 'invalid-file',
      message: `${path}.f32: got ${bytes.length} bytes, expected ${expectedBytes}: ${ids.length} vectors of ${dims} float32.`,
      remedy: `Check that it belongs to ${path}.json and was copied whole.`,
    });
  }
  const data = new Float32Array(ids.length * dims);
  new Uint8Array(data.buffer).set(bytes);
  const vectors = toMatrix({ rows: ids.length, columns: dims, data }, { name: `${path}.f32` });
  return { ids, vectors };
}

async function readDescription(file: string): Promise<{ ids: string[]; dims: number }> {
  const description = parse(file, await readText(file));
  const { ids, dims } = Object(description) as { ids?: unknown; dims?: unknown };
  if (!Array.isArray(ids) || !Number.isInteger(dims) || (dims as number) < 1) {
    throw invalid(file, 'got something else than { "ids": [...], "dims": number }');
  }
  const names = ids.map(String);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new BitryoshkaError({
        code: 'duplicate-id',
        message: `${file}: got the id "${name}" twice, expected different ids.`,
        remedy: 'Give every vector an id of its own.',
      });
    }
    seen.add(name);
  }
  return { ids: names, dims: dims as number };
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'got text that is not JSON', cause);
  }
}

function invalid(file: string, what: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${file}: ${what}.`,
    remedy: 'Write the file again.',
    cause,
  });
}
