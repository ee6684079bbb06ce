import { expect, it } from 'vitest';
import { splitIntoSections } from './split-into-sections.ts';

it('cuts at headings and knows the ones above', () => {
  const markdown = [
    'Before any heading.',
    '# Guide *to* `x`',
    'Intro.',
    '### Skipped a level',
    'Deep.',
    '',
    'Setext heading',
    '--------------',
    'Text.',
    '## Empty',
    '# Second',
    '```',
    '# a comment in code',
    '```',
  ].join('\n');
  expect(splitIntoSections(markdown)).toEqual([
    { headings: [], text: 'Before any heading.' },
    { headings: ['Guide to x'], text: 'Intro.' },
    { headings: ['Guide to x', 'Skipped a level'], text: 'Deep.' },
    { headings: ['Guide to x', 'Setext heading'], text: 'Text.' },
    { headings: ['Second'], text: '```\n# a comment in code\n```' },
  ]);
});

it('has no sections where there is no text', () => {
  expect(splitIntoSections('')).toEqual([]);
  expect(splitIntoSections('# Only a heading\n\n  \n')).toEqual([]);
});
