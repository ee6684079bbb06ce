import { expect, it, vi } from 'vitest';
import { BinaryVectorStore } from './store/binary-vector-store.ts';
import { WordEmbeddings } from './store/vector-store.suite.ts';

vi.mock('@bitryoshka/core/node', () => ({ readSnapshot: undefined, writeSnapshot: undefined }));

it('says so where there is no file system', async () => {
  const embeddings = new WordEmbeddings();
  const store = await BinaryVectorStore.fromTexts(['works'], [], embeddings);
  await expect(store.save('x')).rejects.toMatchObject({ code: 'not-supported' });
  await expect(BinaryVectorStore.load('x', embeddings)).rejects.toMatchObject({
    code: 'not-supported',
  });
});
