import { Embeddings } from '@langchain/core/embeddings';

/**
 * Embeddings for tests: the same text gives the same vector, everywhere and for ever, and texts with words in
 * common are close, because each word has a direction of its own. Texts without words are all zeros.
 */
export class WordEmbeddings extends Embeddings {
  readonly dimensions: number;

  constructor(dimensions = 32) {
    super({});
    this.dimensions = dimensions;
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    return texts.map((text) => this.#embed(text));
  }

  async embedQuery(text: string): Promise<number[]> {
    return this.#embed(text);
  }

  #embed(text: string): number[] {
    const vector = Array.from({ length: this.dimensions }, () => 0);
    for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) {
      let state = 2166136261;
      for (const character of word) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
      for (let j = 0; j < this.dimensions; j++) {
        state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
        vector[j] = (vector[j] as number) + (state >>> 8) / 2 ** 24 - 0.5;
      }
    }
    return vector;
  }
}
