import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FoundPassage } from '../library/find-passages.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';
import { printNothingFits, printPassages } from './print-passages.ts';

const output = captureOutput();

const passage: FoundPassage = {
  id: 'a',
  source: 'notes/router.md',
  line: 3,
  endLine: 7,
  headings: ['Office', 'Network'],
  score: 0.5314,
  text: 'Hold the button.\n\n```js\n\tif (routers[0]) restart(routers[0], { after: seconds });\n```',
};

describe('printPassages', () => {
  const stdout = process.stdout as { isTTY: boolean; columns: number; hasColors: () => boolean };
  const before = { ...stdout };

  beforeEach(() => {
    vi.stubEnv('NO_COLOR', undefined);
    Object.assign(stdout, { isTTY: true, columns: 44, hasColors: () => true });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    const { isTTY, columns, hasColors } = before;
    Object.assign(stdout, { isTTY, columns, hasColors });
  });

  it('shows a passage as it is, as wide as the terminal, and marks words of the question', () => {
    printPassages('How do I restart a router?', [passage]);
    const marked = (text: string) => `\u001b[1m\u001b[33m${text}\u001b[39m\u001b[22m`;
    expect(output.printed.split('\n').slice(1)).toEqual([
      '  \u001b[2m0.531\u001b[22m  \u001b[1m\u001b[36mnotes/router.md:3-7\u001b[39m\u001b[22m  Office ›',
      '         Network',
      '    Hold the button.',
      '    ',
      '    ```js',
      `      if (${marked('routers')}[0]) ${marked('restart')}(${marked('routers')}[0],`,
      '        { after: seconds });',
      '    ```',
      '',
    ]);
  });

  it('heeds NO_COLOR, and shows no controls that texts and names bring along', () => {
    vi.stubEnv('NO_COLOR', '1');
    const evil = '\u001b[2J\u001b]0;title\u0007';
    printPassages('router', [
      { ...passage, source: `a${evil}.md`, headings: [`b${evil}`], text: `c${evil}\r\u202ed` },
    ]);
    expect(output.printed).toBe('\n  0.531  a.md:3-7  b\n    cd\n');
  });

  it('shows of a long passage where the words are', () => {
    vi.stubEnv('NO_COLOR', '1');
    const lines = Array.from({ length: 40 }, (_, i) => (i === 30 ? 'the router' : `line ${i}`));
    printPassages('router', [{ ...passage, headings: [], text: lines.join('\n') }]);
    const shown = output.printed.trimEnd().split('\n').slice(2);
    expect(shown).toHaveLength(14);
    expect(shown).toContain('    the router');
    expect([shown.at(0), shown.at(-1)]).toEqual(['    …', '    …']);
  });

  it('names other places of the same text, some of them', () => {
    const others = ['b.md', 'c.md', 'd.md', 'e.md'].map((source) => ({
      source,
      line: 1,
      endLine: 1,
    }));
    printPassages('router', [{ ...passage, others }]);
    expect(output.printed).toMatch(/also b\.md:1, c\.md:1, d\.md:1, and 1 more/);
  });

  it('changes nothing of a text that goes to a file', () => {
    Object.assign(stdout, { isTTY: false, columns: undefined });
    const text = `${'word '.repeat(60)}router\n  code`;
    printPassages('router', [{ ...passage, text }]);
    expect(output.printed).toBe(
      `\n  0.531  notes/router.md:3-7  Office › Network\n${text.replace(/^/gm, '    ')}\n`,
    );
  });
});

it('printNothingFits names what is nearest once', () => {
  printNothingFits([passage, passage, { ...passage, source: 'b.md' }]);
  expect(output.printed).toMatch(/^\nNothing fits\. .*: notes\/router\.md:3-7, b\.md:3-7\n$/);
});
