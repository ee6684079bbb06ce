import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packPassages } from './pack-passages.ts';
import { readMarkdown } from './read-markdown.ts';
import { readSource } from './read-source.ts';

const line = fc.oneof(
  { weight: 6, arbitrary: fc.lorem({ maxCount: 30 }) },
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom('```', '```js', '~~~', '  ```', '> ```', '- ```sh', ' * ```', '---', '+++'),
  fc.constantFrom('# One', '## Two {#two}', 'Three', '===', '| a | b |', '|---|---|', '| 1 | 2 |'),
  fc.constantFrom(
    '<div>',
    '</div>',
    '<pre>',
    '</pre>',
    '<!--',
    '-->',
    '    code',
    '- item',
    '1. item',
  ),
  fc.string({ maxLength: 40 }),
  fc.lorem({ maxCount: 400 }).map((text) => text.replaceAll('.', '')),
);
const document = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'));

it.each([
  ['Markdown', (text: string) => packPassages(readMarkdown(text))],
  ['source code', (text: string) => packPassages(readSource(text, 'js'))],
] as const)('gives short passages with whole fences and lines of the file: %s', (_, read) => {
  fc.assert(
    fc.property(document, (text) => {
      const count = text.split('\n').length;
      let last = 1;
      for (const passage of read(text)) {
        expect(passage.text.length).toBeLessThanOrEqual(1000);
        expect(passage.text.trim()).not.toBe('');
        expect(openFence(passage.text)).toBe('');
        expect(passage.line).toBeGreaterThanOrEqual(last);
        expect(passage.endLine).toBeGreaterThanOrEqual(passage.line);
        expect(passage.endLine).toBeLessThanOrEqual(count);
        last = passage.line;
      }
    }),
    { numRuns: 300 },
  );
});

/** The marks of a fence that is not closed. */
function openFence(text: string): string {
  let open = '';
  for (const each of text.split('\n')) {
    const [, marks, info] = /^[\s>*]*(`{3,})([^`]*)$/.exec(each) ?? [];
    if (marks === undefined) continue;
    if (open === '') open = marks;
    else if (marks.startsWith(open) && info?.trim() === '') open = '';
  }
  return open;
}
