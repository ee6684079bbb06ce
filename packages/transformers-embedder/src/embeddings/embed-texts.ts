import type { Matrix, Side, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, row } from '@bitryoshka/core';
import { nextTurn } from '#platform';
import type { TextModel } from '../models/text-model.ts';
import type { TextTokenizer, TokenCount } from '../tokens/text-tokenizer.ts';

export interface EmbedTextsOptions extends TaskOptions {
  readonly side: Side;
  /** Texts that run through the model at once, at most. */
  readonly batchSize: number;
  /** Runs the model on a batch, once it is its turn. */
  readonly encode: (tokens: readonly (readonly number[])[]) => Promise<Matrix>;
  /** From what the model gives to vectors of the wanted shape. */
  readonly shape: (vectors: Matrix) => Matrix;
  /** Called with the tokens of every batch. */
  readonly onTokens: (count: TokenCount) => void;
}

/** Texts that are sorted by length together: many enough to fill batches, few enough to hold their tokens. */
const windowSize = 4096;
/** Padding included; a batch of the longest texts of most models. */
const tokensPerBatch = 4096;

/**
 * One vector per text, in the order of the texts. Texts of like length share a batch, so that little of it
 * is padding.
 *
 * @throws BitryoshkaError `model-failed`; and the reason of the signal, once aborted
 */
export async function embedTexts(
  model: TextModel,
  texts: readonly string[],
  options: EmbedTextsOptions,
): Promise<Matrix> {
  const { side, signal, onProgress, encode, shape, onTokens } = options;
  const prefix = model.prefixes[side];
  let embedded: Matrix | undefined;
  let done = 0;
  for (let start = 0; start < texts.length; start += windowSize) {
    const some = texts.slice(start, start + windowSize).map((text) => prefix + text);
    const tokens = await tokenize(model.tokenizer, some, signal);
    for (const batch of batchesOf(tokens, options.batchSize)) {
      signal?.throwIfAborted();
      const inputs = batch.map((i) => tokens[i] as readonly number[]);
      onTokens(countTokens(model.tokenizer, inputs));
      const vectors = shape(await encode(inputs));
      checkVectors(vectors, batch.length);
      const { columns } = vectors;
      embedded ??= { rows: texts.length, columns, data: new Float32Array(texts.length * columns) };
      for (const [at, i] of batch.entries()) {
        embedded.data.set(row(vectors, at), (start + i) * columns);
      }
      done += batch.length;
      onProgress?.({ stage: 'embed', done, total: texts.length });
      // The model blocks the thread: let timers, aborts and other requests have their turn.
      if (done < texts.length) await nextTurn();
    }
  }
  signal?.throwIfAborted();
  return embedded ?? { rows: 0, columns: 0, data: new Float32Array(0) };
}

/** Milliseconds that tokenising holds the thread for. */
const slice = 10;

export async function tokenize(
  tokenizer: TextTokenizer,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<number[][]> {
  const tokens: number[][] = [];
  let last = performance.now();
  for (const text of texts) {
    tokens.push(tokenizer.encode(text));
    if (performance.now() - last < slice) continue;
    await nextTurn();
    signal?.throwIfAborted();
    last = performance.now();
  }
  return tokens;
}

/** Positions of texts by batch, the shortest texts first. */
function batchesOf(tokens: readonly (readonly number[])[], batchSize: number): number[][] {
  const lengthOf = (i: number) => (tokens[i] as readonly number[]).length;
  const order = Array.from(tokens.keys()).sort((a, b) => lengthOf(a) - lengthOf(b));
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const i of order) {
    // Of all so far this is the longest, to which the others are padded.
    const isFull = batch.length >= batchSize || (batch.length + 1) * lengthOf(i) > tokensPerBatch;
    if (isFull && batch.length > 0) {
      batches.push(batch);
      batch = [];
    }
    batch.push(i);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Over all texts. */
export function countTokens(
  tokenizer: TextTokenizer,
  inputs: readonly (readonly number[])[],
): TokenCount {
  let [tokens, unknown] = [0, 0];
  for (const ids of inputs) {
    const count = tokenizer.count(ids);
    tokens += count.tokens;
    unknown += count.unknown;
  }
  return { tokens, unknown };
}

function checkVectors({ rows, data }: Matrix, expected: number): void {
  if (rows !== expected) {
    throw new BitryoshkaError({
      code: 'model-failed',
      message: `model: got ${rows} vectors for ${expected} texts.`,
      remedy: 'Export the model with a dynamic batch size.',
    });
  }
  if (areFinite(data)) return;
  throw new BitryoshkaError({
    code: 'model-failed',
    message: 'model: got a vector with values that are no finite numbers.',
    remedy: 'Its files are damaged: copy the model again.',
  });
}

/** By a loop: a function that is called for each value takes as long as a tenth of a static model. */
function areFinite(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}
