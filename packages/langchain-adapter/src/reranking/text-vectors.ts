import type { TaskOptions } from '@bitryoshka/core';
import { row } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { embedRows } from '../documents/embed-texts.ts';

/** Texts that are kept; at most twice as many. */
const mostKept = 8192;

/** Vectors of texts that come again: words, and parts of passages that are found often. */
export class TextVectors {
  readonly #embeddings: EmbeddingsInterface;
  #recent: Map<string, Float32Array> = new Map();
  /** What was recent before: what is not asked for again goes. */
  #older: ReadonlyMap<string, Float32Array> = new Map();

  constructor(embeddings: EmbeddingsInterface) {
    this.#embeddings = embeddings;
  }

  /** One vector per text, of unit length; zero stays zero. */
  async of(
    texts: readonly string[],
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<readonly Float32Array[]> {
    const found = new Map<string, Float32Array>();
    const missing = new Set<string>();
    for (const text of texts) {
      const vector = this.#recent.get(text) ?? this.#older.get(text);
      if (vector) found.set(text, vector);
      else missing.add(text);
    }
    const embedded = await embedRows(this.#embeddings, [...missing], 'document', task);
    let next = 0;
    for (const text of missing) found.set(text, toUnit(row(embedded, next++)));
    this.#keep(found);
    return texts.map((text) => found.get(text) as Float32Array);
  }

  #keep(vectors: ReadonlyMap<string, Float32Array>): void {
    for (const [text, vector] of vectors) this.#recent.set(text, vector);
    if (this.#recent.size <= mostKept) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}

/** A copy: a row would keep the vectors of all other texts in memory. */
export function toUnit(vector: Float32Array): Float32Array {
  const unit = vector.slice();
  const length = Math.sqrt(dot(vector, vector));
  if (length > 0) for (let i = 0; i < unit.length; i++) unit[i]! /= length;
  return unit;
}

/** Four sums side by side do not wait for one another. */
export function dot(a: Float32Array, b: Float32Array): number {
  const whole = a.length & ~3;
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    first += a[i]! * b[i]!;
    second += a[i + 1]! * b[i + 1]!;
    third += a[i + 2]! * b[i + 2]!;
    fourth += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) first += a[i]! * b[i]!;
  return first + second + third + fourth;
}
