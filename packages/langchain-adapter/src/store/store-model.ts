import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { embedTexts } from '../documents/embed-texts.ts';
import type { StoreContents } from './store-contents.ts';

/** Embeddings that tell which model they are of, as those of `@bitryoshka/transformers`. */
interface NamedEmbeddings extends EmbeddingsInterface {
  readonly fingerprint?: unknown;
}

/** Vectors, and the fingerprint of the model that made them, where it has one. */
export interface EmbeddedTexts {
  readonly vectors: number[][];
  readonly model: string | undefined;
}

/** The embeddings of a store, which are to be of the model that made its vectors. */
export class StoreModel {
  readonly #contents: StoreContents;
  /** Where everybody sees the embeddings. */
  readonly #owner: { embeddings: EmbeddingsInterface };
  #asked:
    | { readonly embeddings: EmbeddingsInterface; readonly answer: Promise<string | undefined> }
    | undefined;
  #replacements = 0;

  constructor(contents: StoreContents, owner: { embeddings: EmbeddingsInterface }) {
    this.#contents = contents;
    this.#owner = owner;
  }

  get embeddings(): EmbeddingsInterface {
    return this.#owner.embeddings;
  }

  /** How often all documents were embedded anew. */
  get replacements(): number {
    return this.#replacements;
  }

  /** Another takes its place, whose vectors have just taken that of the others. */
  replace(embeddings: EmbeddingsInterface, fingerprint: string | undefined): void {
    this.#contents.model = fingerprint;
    this.#owner.embeddings = embeddings;
    this.#replacements++;
  }

  /**
   * Embeds texts of documents.
   *
   * @throws BitryoshkaError `model-mismatch`; what the embeddings throw is passed on
   */
  async embed(texts: readonly string[], task: TaskOptions): Promise<EmbeddedTexts> {
    const { embeddings } = this;
    if (texts.length === 0) return { vectors: [], model: undefined };
    const model = await this.#fingerprint(embeddings);
    this.check(model);
    return { vectors: await embedTexts(embeddings, texts, task), model };
  }

  /** Answers a query by the vectors of one model: again where the store was embedded anew meanwhile. */
  async ask<Answer>(query: string, answer: (vector: number[]) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const before = this.#replacements;
      try {
        if (this.#contents.isStale) await this.#contents.refresh();
        const { embeddings } = this;
        const model = await this.#use(embeddings);
        const found = await answer(await embeddings.embedQuery(query));
        if (before !== this.#replacements) continue;
        // Another process may have embedded its file anew.
        this.check(model);
        return found;
      } catch (cause) {
        if (before === this.#replacements) throw cause;
      }
    }
  }

  /** @throws BitryoshkaError `model-mismatch` for a model other than that of the vectors */
  check(model: string | undefined): void {
    const { documents, model: known } = this.#contents;
    if (documents.count > 0) checkSameModel(known, model);
  }

  /** @throws BitryoshkaError `model-mismatch` for a store of vectors of another model */
  async checkOpened(): Promise<void> {
    const isKnown = this.#contents.model !== undefined;
    // As before there were fingerprints: a model that cannot be loaded is told of when it is used.
    await this.#use(this.embeddings).catch((cause: unknown) => {
      if (isKnown) throw cause;
    });
  }

  /** Vectors that nobody has told the model of are taken for those of the first that is used. */
  async #use(embeddings: EmbeddingsInterface): Promise<string | undefined> {
    const model = await this.#fingerprint(embeddings);
    this.check(model);
    const contents = this.#contents;
    if (contents.documents.count > 0 && embeddings === this.embeddings) contents.model ??= model;
    return model;
  }

  /** The fingerprint of embeddings, for which each is asked once; what they throw is passed on. */
  #fingerprint(embeddings: EmbeddingsInterface): Promise<string | undefined> {
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
