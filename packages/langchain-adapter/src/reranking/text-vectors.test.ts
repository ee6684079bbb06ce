import { expect, it } from 'vitest';
import { WordEmbeddings } from '../testing/word-embeddings.ts';
import { dot, TextVectors } from './text-vectors.ts';

class CountingEmbeddings extends WordEmbeddings {
  readonly embedded: string[] = [];

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    this.embedded.push(...texts);
    return super.embedDocuments(texts);
  }
}

it('embeds what it does not know, each text once, as vectors of unit length', async () => {
  const embeddings = new CountingEmbeddings();
  const vectors = new TextVectors(embeddings);
  const [kettle, router, again] = await vectors.of(['kettle', 'router', 'kettle'], {});
  expect(again).toBe(kettle);
  expect(dot(kettle as Float32Array, kettle as Float32Array)).toBeCloseTo(1);
  expect(dot(kettle as Float32Array, router as Float32Array)).toBeLessThan(0.9);
  const [empty, known] = await vectors.of(['', 'router'], {});
  expect(new Set(empty)).toEqual(new Set([0]));
  expect(known).toBe(router);
  expect(embeddings.embedded).toEqual(['kettle', 'router', '']);
});

it('forgets what was not asked for since many others were', async () => {
  const embeddings = new CountingEmbeddings(2);
  const vectors = new TextVectors(embeddings);
  const others = (from: number) => Array.from({ length: 8192 }, (_, i) => String(from + i));
  const isKnown = async (text: string) => {
    const before = embeddings.embedded.length;
    await vectors.of([text], {});
    return embeddings.embedded.length === before;
  };
  await vectors.of(['asked', 'forgotten'], {});
  await vectors.of(others(0), {});
  expect(await isKnown('asked')).toBe(true);
  await vectors.of(others(1e6), {});
  expect(await isKnown('asked')).toBe(true);
  expect(await isKnown('forgotten')).toBe(false);
});
