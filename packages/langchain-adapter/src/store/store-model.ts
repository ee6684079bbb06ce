import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';

/** Embeddings that tell which model they are of, as those of `@bitryoshka/transformers`. */
interface NamedEmbeddings extends EmbeddingsInterface {
  readonly fingerprint?: unknown;
}

/** Which model has made the vectors of a store. */
export class StoreModel {
  /** Undefined while there are no vectors, and for embeddings that do not tell. */
  fingerprint: string | undefined;
  #asked:
    | { readonly embeddings: EmbeddingsInterface; readonly answer: Promise<string | undefined> }
    | undefined;

  /** The fingerprint of embeddings, for which each is asked once; what they throw is passed on. */
  of(embeddings: EmbeddingsInterface): Promise<string | undefined> {
    if (this.#asked?.embeddings === embeddings) return this.#asked.answer;
    const asked = { embeddings, answer: fingerprintOf(embeddings) };
    this.#asked = asked;
    asked.answer.catch(() => {
      if (this.#asked === asked) this.#asked = undefined;
    });
    return asked.answer;
  }
}

/** @returns undefined for embeddings that do not tell */
export async function fingerprintOf(embeddings: EmbeddingsInterface): Promise<string | undefined> {
  const { fingerprint } = embeddings as NamedEmbeddings;
  const told: unknown = await (typeof fingerprint === 'function'
    ? fingerprint.call(embeddings)
    : fingerprint);
  return typeof told === 'string' && told !== '' ? told : undefined;
}

/**
 * Where either does not tell, nothing is refused.
 *
 * @throws BitryoshkaError `model-mismatch`
 */
export function checkSameModel(known: string | undefined, got: string | undefined): void {
  if (known === undefined || got === undefined || known === got) return;
  throw new BitryoshkaError({
    code: 'model-mismatch',
    message: `embeddings: got those of the model "${got}", expected those of "${known}", which made the vectors of the store.`,
    remedy:
      'Pass the embeddings that the store was filled with; for another model, open it with these and call store.reembed(newEmbeddings).',
  });
}
