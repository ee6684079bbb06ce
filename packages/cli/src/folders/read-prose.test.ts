import { expect, it } from 'vitest';
import { packPassages } from './pack-passages.ts';
import type { ProseKind } from './read-prose.ts';
import { readProse } from './read-prose.ts';

it.each<[ProseKind, string, string[]]>([
  [
    'rst',
    '.. _top:\n\n=====\nTitle\n=====\n\nText one.\n\nPart\n----\nText two.\n\n.. image:: a.png\n   :alt: no\n',
    ['Title: Text one.', 'Title > Part: Text two.'],
  ],
  [
    'text',
    'TITLE\n=====\n\nText one.\n\nName   Value\n------------------\na      b\n',
    ['TITLE: Text one.\n\nName   Value\n------------------\na      b'],
  ],
  [
    'asciidoc',
    '= Title\n:toc:\n\nText one.\n\n== Part of `x` [[part]]\n// no\nText two.\n\nOther\n~~~~~\nText three.\n',
    ['Title: Text one.', 'Title > Part of x: Text two.', 'Title > Part of x > Other: Text three.'],
  ],
  [
    'org',
    '#+TITLE: x\n* Title\nText one.\n** Part\nText two.\n',
    ['Title: Text one.', 'Title > Part: Text two.'],
  ],
  [
    'latex',
    '\\documentclass{x}\n\\section{Title}\nText one.\n\\subsection*{Part}\n% no\nText two.\n',
    ['Title: Text one.', 'Title > Part: Text two.'],
  ],
])('reads the headings of %s', (kind, text, expected) => {
  const passages = packPassages(readProse(text, kind));
  expect(passages.map(({ headings, text: said }) => `${headings.join(' > ')}: ${said}`)).toEqual(
    expected,
  );
});

it('cuts long texts after sentences and loses nothing', () => {
  const words = Array.from({ length: 2000 }, (_, i) => `word${i}${i % 11 === 10 ? '.' : ''}`);
  const passages = packPassages(readProse(words.join(' '), 'text'));
  expect(passages.length).toBeGreaterThan(10);
  expect(passages.every(({ text }) => text.length <= 1000)).toBe(true);
  expect(passages.slice(0, -1).every(({ text }) => text.endsWith('.'))).toBe(true);
  expect(passages.flatMap(({ text }) => text.split(/\s+/))).toEqual(words);
});

it('cuts words of any length, and no character in two', () => {
  const passages = packPassages(readProse('𝕏'.repeat(3000), 'text'));
  expect(
    passages
      .map(({ text }) => text)
      .join('')
      .replaceAll('\n', ''),
  ).toBe('𝕏'.repeat(3000));
  expect(passages.every(({ text }) => text.length <= 1000 && encodeURIComponent(text) !== '')).toBe(
    true,
  );
});

it('keeps code with blank lines in its fences', () => {
  const text = `Text:\n\n\`\`\`\n${'line of code\n\n'.repeat(150)}\`\`\`\n\nMore text.`;
  for (const { text: part } of packPassages(readProse(text, 'text'))) {
    expect((part.match(/^```/gm) ?? []).length % 2).toBe(0);
  }
});
