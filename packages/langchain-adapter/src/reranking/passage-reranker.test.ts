import { ContextualCompressionRetriever } from '@langchain/classic/retrievers/contextual_compression';
import type { DocumentInterface } from '@langchain/core/documents';
import { Document } from '@langchain/core/documents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../testing/word-embeddings.ts';
import { PassageReranker } from './passage-reranker.ts';

const embeddings = new WordEmbeddings(256);
const reranker = new PassageReranker(embeddings);

const filler =
  'The kitchen is painted green. Apples are sold by the pound. The train to the coast runs twice a day. Nobody has seen the key of the cellar since the summer. The choir sings on Sundays, and the baker sleeps until noon.';
const answer = 'Hold the power button to restart the router.';

const passage = (pageContent: string, metadata = {}) => new Document({ pageContent, metadata });
const alike = (documents: readonly Document[]) =>
  documents.map((document): [Document, number] => [document, 0.5]);
const first = async (question: string, documents: readonly Document[], used = reranker) => {
  const [[document] = []] = await used.rerank(question, alike(documents));
  return documents.indexOf(document as Document);
};

describe('what is looked at', () => {
  it('is the part of a passage that answers', async () => {
    const documents = [passage(filler), passage(`${filler} ${answer} ${filler}`)];
    expect(await first('How do I restart the router?', documents)).toBe(1);
  });

  it('is each word, of which rare ones count more', async () => {
    const many = Array.from({ length: 8 }, (_, i) =>
      passage(`The option number ${i} is set in a file.`),
    );
    expect(await first('kelvin option', [...many, passage('The kelvin is a unit.')])).toBe(8);
  });

  it('is what stands above a passage, and what its file is called', async () => {
    const topics = ['colours', 'prices', 'backups', 'visitors'];
    const found = async (metadataOf: (topic: string) => object, used = reranker) =>
      first(
        'How are backups made?',
        topics.map((topic) => passage('As follows.', metadataOf(topic))),
        used,
      );
    expect(await found((topic) => ({ headings: ['Guide', topic] }))).toBe(2);
    expect(await found((topic) => ({ headings: topic }))).toBe(2);
    expect(await found((topic) => ({ title: topic }))).toBe(2);
    expect(await found((topic) => ({ source: `guide/${topic}.md` }))).toBe(2);
    // Fields of other names say nothing unless they are named.
    expect(await found((topic) => ({ name: topic }))).toBe(0);
    const named = new PassageReranker(embeddings, { title: 'name' });
    expect(await found((topic) => ({ name: topic }), named)).toBe(2);
  });
});

describe('what comes back', () => {
  const text = fc.oneof(
    fc.constantFrom('', '?', '\n\n', filler, answer, '東京', 'a.b-c_d'),
    fc.string({ unit: 'grapheme' }),
  );
  const metadata = fc.record(
    {
      title: fc.oneof(text, fc.integer()),
      headings: fc.oneof(text, fc.array(text), fc.constant(null)),
      source: text,
    },
    { requiredKeys: [] },
  );
  const scored = fc.tuple(
    fc.record({ pageContent: text, metadata }).map((fields) => new Document(fields)),
    fc.double({ min: -1, max: 1, noNaN: true }),
  );

  it('is all that was given, with scores from the highest to the lowest, and the same again', () =>
    fc.assert(
      fc.asyncProperty(text, fc.array(scored, { maxLength: 12 }), async (question, found) => {
        const given = [...found];
        const reranked = await reranker.rerank(question, found);
        expect(found).toEqual(given);
        const documents = reranked.map(([document]) => document);
        expect(new Set(documents)).toEqual(new Set(found.map(([document]) => document)));
        expect(documents).toHaveLength(found.length);
        const scores = reranked.map(([, score]) => score);
        const before = found.map(([, score]) => score);
        for (const score of scores) {
          expect(score).toBeGreaterThanOrEqual(Math.min(...before));
          expect(score).toBeLessThanOrEqual(Math.max(...before));
        }
        // What was kept of the texts, or of other questions, changes nothing.
        expect(await new PassageReranker(embeddings).rerank(question, found)).toEqual(reranked);
      }),
      { numRuns: 50 },
    ));

  it('has the range of scores of the search, best first', async () => {
    const found = await reranker.rerank('restart the router', [
      [passage('Bread is baked at night.'), 0.2],
      [passage('The router is in the cellar.'), 0.6],
      [passage(answer), 0.4],
    ]);
    const scores = found.map(([, score]) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect([scores[0], scores[2]]).toEqual([0.6, 0.2]);
  });

  it('is in the order of the search where nothing tells documents apart', async () => {
    const found = alike([passage('same'), passage('same'), passage('same')]);
    for (const question of ['', '?', 'same', 'other']) {
      const reranked = await reranker.rerank(question, found);
      expect(reranked.map(([document]) => found.findIndex(([each]) => each === document))).toEqual([
        0, 1, 2,
      ]);
    }
  });

  it('is the order of the search where the model has no words for the question', async () => {
    const found = alike([passage(filler), passage(answer)]);
    const covering = (share: number) =>
      new PassageReranker(
        Object.assign(new WordEmbeddings(256), { coverage: async () => ({ share }) }),
      );
    expect(await covering(0.4).rerank('restart the router', found)).toEqual(found);
    expect((await covering(0.6).rerank('restart the router', found))[0]?.[0]).toBe(found[1]?.[0]);
  });
});

it('compresses documents in LangChain, which have no scores', async () => {
  const store = new BinaryVectorStore(embeddings);
  const texts = [filler, 'Bread is baked at night.', `${filler} ${answer} ${filler}`];
  await store.addDocuments(texts.map((text) => passage(text)));
  const retriever = (topN?: number) =>
    new ContextualCompressionRetriever({
      baseRetriever: store.asRetriever({ k: 3 }),
      baseCompressor: new PassageReranker(embeddings, { topN }),
    });
  const all = await retriever().invoke('How do I restart the router?');
  expect(all[0]?.pageContent).toBe(texts[2]);
  expect(all.map(({ pageContent }) => pageContent).sort()).toEqual(texts.toSorted());
  expect(await retriever(1).invoke('How do I restart the router?')).toEqual(all.slice(0, 1));
  const none: DocumentInterface[] = [];
  expect(await reranker.compressDocuments(none, 'anything')).toEqual([]);
  await store.close();
});

it('refuses to return less than one document, and stops when it is told to', async () => {
  for (const topN of [0, -1, 1.5, Number.NaN]) {
    expect(() => new PassageReranker(embeddings, { topN })).toThrow(/topN: got .*, expected/);
  }
  const signal = AbortSignal.abort(new Error('enough'));
  const found = alike([passage(filler), passage(answer)]);
  await expect(reranker.rerank('router', found, { signal })).rejects.toThrow('enough');
});
