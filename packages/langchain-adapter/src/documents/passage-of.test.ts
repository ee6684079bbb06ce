import { Document } from '@langchain/core/documents';
import { expect, it } from 'vitest';
import { passageOf } from './passage-of.ts';

const read = (metadata: Record<string, unknown>, fields = {}) =>
  passageOf(new Document({ pageContent: '', metadata }), fields);

it('reads what loaders and splitters write', () => {
  expect(read({ title: 'T', headings: ['A', 'B'], source: 's' })).toEqual({
    title: 'T',
    headings: ['A', 'B'],
    source: 's',
  });
  expect(read({ headings: 'A' }).headings).toEqual(['A']);
  expect(read({ name: 'T', title: 'other' }, { title: 'name' }).title).toBe('T');
});

it('leaves out what is no text', () => {
  expect(read({ title: 3, headings: [1, 'A', null], source: {} })).toEqual({ headings: ['A'] });
  expect(read({})).toEqual({ headings: [] });
});
