import type { Matrix, Side, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, toMatrix } from '@bitryoshka/core';
import { unlessAborted } from '@bitryoshka/core/internal';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';

/** Embeddings that can be stopped and say how far they are, as those of `@bitryoshka/transformers`. */
interface TaskEmbeddings extends EmbeddingsInterface {
  embedDocuments(texts: string[], options?: TaskOptions): Promise<number[][]>;
  embedMatrix(texts: readonly string[], side: Side, options?: TaskOptions): Promise<Matrix>;
}

/** Texts that other embeddings are given at a time: a batch of most services, by their own defaults. */
const sliceSize = 512;

/**
 * One vector per text. The signal and the callback are handed to embeddings that take them; others embed in
 * slices. Once aborted, nothing is waited for.
 *
 * @throws BitryoshkaError `invalid-option` for another number of vectors than texts; what the embeddings throw
 *   is passed on, and the reason of the signal
 */
export async function embedTexts(
  embeddings: EmbeddingsInterface,
  texts: readonly string[],
  { signal, onProgress }: TaskOptions = {},
): Promise<number[][]> {
  signal?.throwIfAborted();
  if (takesOptions(embeddings)) {
    const all = embeddings.embedDocuments([...texts], { signal, onProgress });
    return checkCount(await unlessAborted(all, signal), texts.length);
  }
  const vectors: number[][] = [];
  for (let start = 0; start < texts.length; start += sliceSize) {
    signal?.throwIfAborted();
    const slice = texts.slice(start, start + sliceSize);
    const embedded = await unlessAborted(embeddings.embedDocuments(slice), signal);
    vectors.push(...checkCount(embedded, slice.length));
    onProgress?.({ stage: 'embed', done: vectors.length, total: texts.length });
  }
  return vectors;
}

/**
 * The same as a matrix, of texts that are searched for or searched with.
 *
 * @throws BitryoshkaError as {@link embedTexts} does, and `dimension-mismatch` or `not-finite`
 */
export async function embedRows(
  embeddings: EmbeddingsInterface,
  texts: readonly string[],
  side: Side,
  task: Pick<TaskOptions, 'signal'>,
): Promise<Matrix> {
  if (takesOptions(embeddings)) return embeddings.embedMatrix(texts, side, task);
  if (side === 'document') return toMatrix(await embedTexts(embeddings, texts, task));
  const queries = Promise.all(texts.map((text) => embeddings.embedQuery(text)));
  return toMatrix(await unlessAborted(queries, task.signal));
}

function takesOptions(embeddings: EmbeddingsInterface): embeddings is TaskEmbeddings {
  return typeof (embeddings as Partial<TaskEmbeddings>).embedMatrix === 'function';
}

function checkCount(vectors: number[][], expected: number): number[][] {
  const got = Array.isArray(vectors) ? `${vectors.length} vectors` : String(vectors);
  if (Array.isArray(vectors) && vectors.length === expected) {
    // Not by `some`, which skips holes.
    const at = Array.from(vectors).findIndex((vector) => typeof vector?.length !== 'number');
    if (at < 0) return vectors;
    throw wrongVectors(`${String(vectors[at])} for text ${at}`, 'a list of numbers');
  }
  throw wrongVectors(got, `${expected}: one per text`);
}

function wrongVectors(got: string, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `embeddings: got ${got}, expected ${expected}.`,
    remedy: 'Check what the embedding model returned.',
  });
}
