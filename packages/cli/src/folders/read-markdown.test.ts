import { describe, expect, it } from 'vitest';
import { packPassages } from './pack-passages.ts';
import { readMarkdown } from './read-markdown.ts';

const read = (text: string) => packPassages(readMarkdown(text));

describe('headings', () => {
  it('cuts at them and knows the ones above', () => {
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
    expect(read(markdown)).toEqual([
      { headings: [], text: 'Before any heading.', line: 1, endLine: 1 },
      { headings: ['Guide to x'], text: 'Intro.', line: 3, endLine: 3 },
      { headings: ['Guide to x', 'Skipped a level'], text: 'Deep.', line: 5, endLine: 5 },
      { headings: ['Guide to x', 'Setext heading'], text: 'Text.', line: 9, endLine: 9 },
      { headings: ['Second'], text: '```\n# a comment in code\n```', line: 12, endLine: 14 },
    ]);
    expect(read('# Only a heading\n\n  \n')).toEqual([]);
  });

  it.each([
    ['<a name="inst"></a>Installing `foo` {#inst}', 'Installing foo'],
    ['Usage {#usage .wide}', 'Usage'],
    ['Usage {: #usage }', 'Usage'],
    ['Usage :id=usage', 'Usage'],
    ['[Usage](#usage) of [tools](https://a.b)', 'Usage of tools'],
    ['Usage [#](#usage "Link here")', 'Usage'],
    ['name [![Build](https://a/b.svg)](https://a/c) ![Logo](x.png)', 'name'],
    ['name [![travis][t-image]][t-url] [![npm][n-image]](https://a/c)', 'name'],
    [`name ${'[![Build](https://a/b.svg)](https://a/c)'.repeat(30)}`, 'name'],
    ['A <br> B <!-- note --> *C* &amp; `D<T>`', 'A B C & D<T>'],
    ['The set {a, b}', 'The set {a, b}'],
    ['Bold **and** __more__ ##', 'Bold and more'],
  ])('%j reads %j', (heading, expected) => {
    const references = '[t-image]: https://a/b.svg\n[t-url]: https://a\n[n-image]: /c';
    expect(read(`## ${heading}\n\nText here.\n\n${references}`)[0]?.headings).toEqual([expected]);
  });

  it('reads those in HTML', () => {
    const [passage] = read('<h1 align="center">Name<br></h1>\n\n<p>Words <b>here</b></p>\n');
    expect(passage).toMatchObject({ headings: ['Name'], text: 'Words here', line: 3 });
  });
});

describe('front matter', () => {
  it('gives the title and the metadata of YAML and TOML, and no passage', () => {
    const yaml =
      '---\ntitle: Volcano guide\ndescription: long\ntags: [a, 2]\n---\n\nMagma rises.\n';
    expect(readMarkdown(yaml)).toMatchObject({
      title: 'Volcano guide',
      metadata: { description: 'long', tags: ['a', 2] },
    });
    expect(read(yaml)).toEqual([
      { headings: ['Volcano guide'], text: 'Magma rises.', line: 7, endLine: 7 },
    ]);
    const toml = '+++\ntitle = "Glaciers"\ndate = 2020-01-02\n[extra]\nx = 1\n+++\n\nIce flows.\n';
    expect(read(toml)).toEqual([
      { headings: ['Glaciers'], text: 'Ice flows.', line: 8, endLine: 8 },
    ]);
  });

  it('reads titles as headings are read', () => {
    expect(readMarkdown('---\ntitle: A 360&deg; `view`\n---\nText.').title).toBe('A 360° view');
  });

  it('says a title once that is the first heading', () => {
    const text = '---\ntitle: Guide\n---\n# Guide\n\nOne text.\n\n## Part\n\nTwo texts.';
    expect(read(text).map(({ headings }) => headings)).toEqual([['Guide'], ['Guide', 'Part']]);
  });

  it('leaves out what was meant as such, though it cannot be read', () => {
    for (const fields of ['title: One: two\nx: [', `title: One: two\na: ${'['.repeat(5000)}`]) {
      expect(read(`---\n${fields}\n---\nText here.`)).toMatchObject([
        { headings: ['One: two'], text: 'Text here.' },
      ]);
    }
    const aliases = Array.from({ length: 9 }, (_, i) => {
      return `b${i}: &b${i} [${Array(9)
        .fill(i ? `*b${i - 1}` : 'x')
        .join(',')}]`;
    });
    expect(read(`---\n${aliases.join('\n')}\n---\nText here.`)).toHaveLength(1);
  });

  it('is none where a rule is, or where it does not end', () => {
    expect(read('---\nText here.\n---\nMore.').map(({ text }) => text)).toEqual(['More.']);
    expect(read('---\ntitle: x\n')[0]?.text).toBe('title: x');
  });

  it('has no controls', () => {
    const { metadata } = readMarkdown('---\n"a\\e[1m": "v\\e[2Jw"\n---\nText.');
    expect(metadata).toEqual({ a: 'vw' });
  });
});

describe('code', () => {
  it('is cut between lines, each part in its fences', () => {
    const lines = Array.from(
      { length: 120 },
      (_, i) => `const value${i} = ${i}; // a line of code`,
    );
    const text = `# Long\n\nExample:\n\n\`\`\`js\n${lines.join('\n')}\n\`\`\`\n\nAfter it.`;
    const passages = read(text);
    expect(passages.length).toBeGreaterThan(3);
    for (const { text: part } of passages) {
      expect(part.length).toBeLessThanOrEqual(1000);
      expect(part.match(/^```/gm)?.length).toBe(2);
    }
    expect(passages[0]?.text).toMatch(/^Example:\n\n```js\nconst value0/);
    expect(passages.at(-1)?.text).toMatch(/```\n\nAfter it\.$/);
    for (const [i, line] of lines.entries()) {
      const holders = passages.filter((passage) => passage.text.split('\n').includes(line));
      expect(holders).toHaveLength(1);
      expect(holders[0]?.line).toBeLessThanOrEqual(6 + i);
      expect(holders[0]?.endLine).toBeGreaterThanOrEqual(6 + i);
    }
  });

  it('ends where the file ends, in lists and quotations as well', () => {
    expect(read('Text:\n\n```\nopen code')[0]?.text).toBe('Text:\n\n```\nopen code\n```');
    expect(read('- item\n\n  ```sh\n  run it\n  ```\n\n- next')[0]?.text).toBe(
      '- item\n\n```sh\nrun it\n```\n\n- next',
    );
    expect(read('> ```js\n> quoted code\n> ```')[0]?.text).toBe('```js\nquoted code\n```');
    expect(read('    indented code')[0]?.text).toBe('```\nindented code\n```');
  });
});

it('keeps tables narrow, and their head with each part', () => {
  const rows = Array.from({ length: 60 }, (_, i) => `| name ${i}      | ${'value '.repeat(5)}|`);
  const table = ['| Name         | Value     |', '|--------------|:--------:|', ...rows];
  const passages = read(table.join('\n'));
  expect(passages.length).toBeGreaterThan(1);
  for (const { text } of passages) {
    expect(text).toMatch(/^\| Name \| Value \|\n\|---\|:---:\|\n\| name \d+ \| value/);
    expect(text.length).toBeLessThanOrEqual(1000);
  }
  expect(passages[1]?.line).toBeGreaterThan(10);
});

it('leaves out comments, badges, labels and tags, but not those in code', () => {
  const text = [
    '[![Build](https://a/b.svg)](https://a/c)[![npm][npm-image]][npm-url] ![A view](c.png) Some <kbd>words</kbd> <!-- note -->here.',
    '(label)=',
    'As `<br>` and Map<string> say.',
    '',
    '<!-- a comment',
    'of lines -->',
    '',
    '[ref]: https://example.org',
  ].join('\n');
  expect(read(text).map((passage) => passage.text)).toEqual([
    ' A view Some words here.\nAs `<br>` and Map<string> say.',
  ]);
});

it('leaves out imports of MDX', () => {
  const mdx = 'import X from \'./x\'\n\n<Note kind="a">\n\nText of a note.\n\n</Note>';
  expect(packPassages(readMarkdown(mdx, { isMdx: true })).map(({ text }) => text)).toEqual([
    'Text of a note.',
  ]);
});

it.each([
  ['headings', '# a\n'.repeat(150_000)],
  ['runs of backticks', Array.from({ length: 2000 }, (_, i) => `${'`'.repeat(i)}a`).join(' ')],
  [
    'backticks in a heading',
    `# ${Array.from({ length: 2000 }, (_, i) => '`'.repeat(i)).join(' ')}`,
  ],
  ['comments', '<!--'.repeat(100_000)],
  ['comments in a line', `text ${'<!-- '.repeat(100_000)}`],
  ['links', '[a]('.repeat(50_000)],
  ['links in a heading', `# ${'[a]('.repeat(50_000)}`],
  ['badges', `text ${'[![a]('.repeat(50_000)}`],
  ['quotations', `${'>'.repeat(50_000)} text`],
  ['lists', `${'- '.repeat(50_000)} text`],
  ['fences', '```\n'.repeat(100_000)],
])('takes time that grows with the length alone: %s', (_, text) => {
  const began = process.cpuUsage();
  read(text);
  expect(process.cpuUsage(began).user).toBeLessThan(4_000_000);
});
