import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { readText } from './read-file.ts';

/** What lies beside a file of vectors: `{ "ids": [...], "dims": number }`. */
export interface VectorDescription {
  /** One per vector, all different. */
  readonly ids: readonly string[];
  readonly dims: number;
}

/**
 * @throws BitryoshkaError `file-not-found`, `invalid-file` or `duplicate-id`
 */
export async function readVectorDescription(file: string): Promise<VectorDescription> {
  const description = parse(file, await readText(file));
  const { ids, dims } = Object(description) as { ids?: unknown; dims?: unknown };
  if (!Array.isArray(ids) || !Number.isSafeInteger(dims) || (dims as number) < 1) {
    throw invalid(file, 'got something else than { "ids": [...], "dims": number }');
  }
  const wrong = ids.findIndex((id) => typeof id !== 'string' && typeof id !== 'number');
  if (wrong >= 0) throw invalid(file, `got an id, ids[${wrong}], that is no text`);
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

/**
 * @param bytes the length of the file
 * @throws BitryoshkaError `truncated-file` or `invalid-file` unless it holds the vectors described
 */
export function checkVectorBytes(
  path: string,
  bytes: number,
  description: VectorDescription,
): void {
  const { ids, dims } = description;
  const expectedBytes = ids.length * dims * 4;
  if (bytes === expectedBytes) return;
  throw new BitryoshkaError({
    code: bytes < expectedBytes ? 'truncated-file' : 'invalid-file',
    message: `${path}.f32: got ${bytes} bytes, expected ${expectedBytes}: ${ids.length} vectors of ${dims} float32.`,
    remedy: `Check that it belongs to ${path}.json and was copied whole.`,
  });
}

/** What is thrown where the file is shortened while it is read. */
export function cutOff(name: string, at: number, end: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'truncated-file',
    message: `${name}: it ended at byte ${at}, expected ${end - at} more.`,
    remedy: 'Do not change the file while it is read.',
  });
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
