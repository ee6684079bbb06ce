import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { expect, test } from 'vitest';
import type { Candidate } from './look-closer.ts';
import { lookCloser } from './look-closer.ts';

const embeddings = new MatryoshkaEmbeddings();

const passage = (text: string, more: Partial<Candidate> = {}): Candidate => ({
  source: 'notes.md',
  headings: [],
  text,
  score: 0.5,
  ...more,
});

async function order(question: string, candidates: readonly Candidate[]): Promise<number[]> {
  const texts = candidates.map(({ text }) => text);
  const found = await lookCloser(question, candidates, { embeddings, texts });
  return found.map(({ text }) => texts.indexOf(text));
}

const filler =
  'The kitchen is painted green. Apples are sold by the pound. The train to the coast runs twice a day. Nobody has seen the key of the cellar since the summer. The choir sings on Sundays, and the baker sleeps until noon.';

test('finds the passage of which only a part answers', async () => {
  const answer = `${filler} Hold the power button for ten seconds to restart the router. ${filler}`;
  expect((await order('How do I restart the router?', [passage(filler), passage(answer)]))[0]).toBe(
    1,
  );
});

test('a rare word of the question counts more than a common one', async () => {
  const many = Array.from({ length: 8 }, (_, i) =>
    passage(`The option number ${i} is set in a file.`),
  );
  const candidates = [...many, passage('The kelvin is a unit.')];
  expect((await order('kelvin option', candidates))[0]).toBe(8);
});

test('heeds headings and the name of the file', async () => {
  const question = 'How are backups made?';
  const look = { embeddings, texts: [] };
  const topics = ['colours', 'prices', 'making backups', 'visitors'];
  const above = topics.map((topic) => passage('As follows.', { headings: [topic] }));
  expect((await lookCloser(question, above, look))[0]?.headings).toEqual(['making backups']);
  const named = topics.map((topic) =>
    passage('As follows.', { source: `guide/${topic.replace(' ', '-')}.md` }),
  );
  expect((await lookCloser(question, named, look))[0]?.source).toBe('guide/making-backups.md');
});

test('scores keep the range of the search, best first', async () => {
  const candidates = [
    passage('Bread is baked at night.', { score: 0.2 }),
    passage('The router is in the cellar.', { score: 0.6 }),
    passage('Restart the router by its button.', { score: 0.4 }),
  ];
  const found = await lookCloser('restart the router', candidates, { embeddings, texts: [] });
  const scores = found.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(scores[0]).toBeCloseTo(0.6);
  expect(scores[2]).toBeCloseTo(0.2);
});

test('leaves alone what cannot be ordered', async () => {
  const look = { embeddings, texts: [] };
  expect(await lookCloser('x', [], look)).toEqual([]);
  expect(await lookCloser('x', [passage('alone')], look)).toEqual([passage('alone')]);
  const alike = [passage('same'), passage('same')];
  expect(await lookCloser('', alike, look)).toEqual(alike);
  expect(await lookCloser('?', alike, look)).toEqual(alike);
});
