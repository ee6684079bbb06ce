import { InMemoryStore } from '@langchain/langgraph-checkpoint';
import { describe, expect, it } from 'vitest';
import { WordEmbeddings } from '../testing/index.ts';
import { textsAt } from './item-texts.ts';

const value = {
  title: 'garden',
  year: 1912,
  open: false,
  none: null,
  empty: '',
  tags: ['red', 'old'],
  author: { name: 'Ada', place: { city: 'Rome' } },
  parts: [{ text: 'one', notes: ['a', 'b'] }, { text: 'two' }, { other: 3 }],
  grid: [
    [1, 2],
    [3, 4],
  ],
};

const whole = JSON.stringify(value, null, 2);
const cases: [path: string, texts: string[]][] = [
  ['$', [whole]],
  ['', [whole]],
  ['title', ['garden']],
  ['year', ['1912']],
  ['open', ['false']],
  ['none', []],
  ['missing', []],
  ['missing.deeper[0].still', []],
  ['title.deeper', []],
  ['title[0]', []],
  ['author.name', ['Ada']],
  ['author.place', ['{\n  "city": "Rome"\n}']],
  ['tags', ['[\n  "red",\n  "old"\n]']],
  ['tags[*]', ['red', 'old']],
  ['tags[0]', ['red']],
  ['tags[-1]', ['old']],
  ['tags[2]', []],
  ['tags[-3]', []],
  ['tags[x]', []],
  ['parts[*].text', ['one', 'two']],
  ['parts[0].notes[*]', ['a', 'b']],
  ['parts[*].notes[1]', ['b']],
  ['author.*', ['Ada', '{\n  "city": "Rome"\n}']],
  ['grid[1][0]', ['3']],
  ['grid[*][*]', ['1', '2', '3', '4']],
  ['{title,author.name}', ['garden', 'Ada']],
  ['parts[*].{text, other}', ['one', 'two', '3']],
];

/** The texts that LangGraph's own store embeds. */
async function embeddedBy(path: string): Promise<string[]> {
  const embeddings = new WordEmbeddings();
  const asked: string[] = [];
  const embed = embeddings.embedDocuments.bind(embeddings);
  embeddings.embedDocuments = (texts) => {
    asked.push(...texts);
    return embed(texts);
  };
  const store = new InMemoryStore({ index: { dims: embeddings.dimensions, embeddings } });
  await store.put(['a'], 'k', value, [path]);
  return asked;
}

describe('texts at paths', () => {
  it.each(cases)('%j are those that LangGraph takes', async (path, texts) => {
    expect(textsAt(value, [path])).toEqual(texts);
    expect((await embeddedBy(path)).sort()).toEqual([...texts].sort());
  });

  it('are taken once, and not where they are empty', () => {
    expect(textsAt(value, ['title', '$.title', 'empty', 'tags[0]'])).toEqual(['garden', 'red']);
    expect(textsAt(value, [])).toEqual([]);
    expect(textsAt(value, ['constructor', '__proto__.toString'])).toEqual([]);
  });
});
