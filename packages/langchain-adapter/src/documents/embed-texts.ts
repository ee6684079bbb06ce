import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';

/** Embeddings that can be stopped and say how far they are, as those of `@bitryoshka/transformers`. */
interface TaskEmbeddings extends EmbeddingsInterface {
  embedDocuments(texts: string[], options?: TaskOptions): Promise<number[][]>;
  embedMatrix: unknown;
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
    const slice = texts.slice(start, start + sliceSize);
    const embedded = await unlessAborted(embeddings.embedDocuments(slice), signal);
    vectors.push(...checkCount(embedded, slice.length));
    onProgress?.({ stage: 'embed', done: vectors.length, total: texts.length });
  }
  return vectors;
}

function takesOptions(embeddings: EmbeddingsInterface): embeddings is TaskEmbeddings {
  return typeof (embeddings as Partial<TaskEmbeddings>).embedMatrix === 'function';
}

async function unlessAborted<T>(task: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return task;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([task, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function checkCount(vectors: number[][], expected: number): number[][] {
  if (vectors.length === expected) return vectors;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `embeddings: got ${vectors.length} vectors, expected ${expected}: one per text.`,
    remedy: 'Check what the embedding model returned.',
  });
}
