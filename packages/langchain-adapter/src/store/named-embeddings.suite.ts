import { WordEmbeddings } from '../testing/word-embeddings.ts';

/** Embeddings for tests that tell which model they are of: each name has other vectors. */
export class NamedEmbeddings extends WordEmbeddings {
  readonly fingerprint: unknown;
  readonly #name: string;
  /** Is waited for before texts are embedded. */
  gate: Promise<void> = Promise.resolve();
  embedded = 0;

  constructor(name: string, dimensions?: number, fingerprint: unknown = name) {
    super(dimensions);
    this.#name = name;
    this.fingerprint = fingerprint;
  }

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    await this.gate;
    this.embedded += texts.length;
    return super.embedDocuments(texts.map((text) => this.#named(text)));
  }

  override async embedQuery(text: string): Promise<number[]> {
    return super.embedQuery(this.#named(text));
  }

  /** Every word is another word in every model. */
  #named(text: string): string {
    return text.replaceAll(/\w+/g, (word) => `${word}${this.#name}`);
  }
}
