import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packPassages } from './pack-passages.ts';
import { readHtml } from './read-html.ts';

const read = async (html: string) => packPassages(await readHtml(html));

const sentence = 'The rent is due on the first day of the month, and is paid to the owner. ';

describe('readHtml', () => {
  it('knows the title, and leaves navigation out', async () => {
    const html = `<html><head><title>Shop opening hours</title></head><body>
<nav><a href=#>Home</a></nav><p>Monday to Friday nine to five.</p><footer>Imprint</footer></body></html>`;
    expect(await read(html)).toEqual([
      {
        headings: ['Shop opening hours'],
        text: 'Monday to Friday nine to five.',
        line: 2,
        endLine: 2,
      },
    ]);
  });

  it('takes what the page calls its main content', async () => {
    const html = `<title>Rent - Handbook</title><div class=x><a href=/>Start page</a> Other chapters</div>
<main><div class=breadcrumbs>You are here</div>
<h1>Rent<a class=headerlink href=#rent>¶</a></h1><p>Due <b>soon</b>.</p>
<div role=navigation>Next chapter</div></main><div>Legal notice</div>`;
    expect(await read(html)).toEqual([
      { headings: ['Rent'], text: 'Due soon.', line: 3, endLine: 3 },
    ]);
  });

  it('finds the content of pages that do not say', async () => {
    const links = Array.from({ length: 30 }, (_, i) => `<li><a href=/${i}>Chapter ${i}</a></li>`);
    const paragraphs = Array.from({ length: 8 }, () => `<p>${sentence.repeat(4)}</p>`);
    const html = `<title>Rent</title><body><div class=q1><ul>${links.join('')}</ul></div>
<div class=q2><h2>When to pay</h2>${paragraphs.join('\n')}</div><div class=q3><a href=/>All rights reserved</a></div>`;
    const passages = await read(html);
    const text = passages.map((passage) => passage.text).join('\n');
    expect(text.split('The rent is due').length - 1).toBe(32);
    expect(text).not.toMatch(/Chapter|reserved/);
    expect(passages[0]?.headings).toEqual(['Rent', 'When to pay']);
  });

  it('keeps pages of links, which are no articles', async () => {
    const links = Array.from({ length: 60 }, (_, i) => `<li><a href=/${i}>Chapter number ${i}</a>`);
    const [passage] = await read(`<title>All chapters</title><ul>${links.join('\n')}</ul>`);
    expect(passage?.text).toMatch(/^- Chapter number 0\n- Chapter number 1\n/);
  });

  it('writes lists, code and tables as Markdown, with their lines', async () => {
    const html = `<main><ol><li>First<ul><li>Inner</li></ul></li>
<li>Second</li></ol>
<div class="highlight-python"><div class=highlight><pre><span>def f</span>():
    return 1
</pre></div></div>
<table><thead><tr><th>Name<th>Value</tr></thead>
<tr><td>a|b</td><td><code>1</code></td></tr></table>
<p>Use <code>x</code>,<br>or y.</p></main>`;
    expect(await read(html)).toEqual([
      {
        headings: [],
        text: [
          '1. First\n  - Inner\n1. Second',
          '```python\ndef f():\n    return 1\n```',
          '| Name | Value |\n| --- | --- |\n| a\\|b | 1 |\nUse `x`,\nor y.',
        ].join('\n\n'),
        line: 1,
        endLine: 8,
      },
    ]);
  });

  it('reads tables that lay out a page as what is in them', async () => {
    const html =
      '<table><tr><td><p>Left text</p></td><td><h2>Right</h2><p>Right text</p></td></table>';
    expect((await read(html)).map(({ text }) => text)).toEqual(['Left text', 'Right text']);
  });

  it('leaves out scripts, forms and what is hidden', async () => {
    const html = `<p>Shown text</p><script>x()</script><style>a{}</style><template>t</template>
<noscript>n</noscript><p hidden>h</p><p style="display: none">d</p><button>b</button><p aria-hidden=true>a</p>`;
    expect((await read(html)).map(({ text }) => text)).toEqual(['Shown text']);
  });

  it('is made of no control that an entity stands for', async () => {
    const [passage] = await read('<title>A&#27;[31mB</title><p>some&#27;[2J text&#x202e;</p>');
    expect(passage).toMatchObject({ headings: ['AB'], text: 'some text' });
  });

  it('refuses elements nested deeper than browsers show', async () => {
    for (const depth of [5000, 12_000]) {
      const html = `${'<div>'.repeat(depth)}The deposit.${'</div>'.repeat(depth)}`;
      await expect(readHtml(html)).rejects.toThrow(/nested deeper than 512/);
    }
  });

  it('takes pages of any tags, and gives lines of the page', async () => {
    const names =
      'main article div p h2 ul ol li pre code table tr td th a b br nav dl dt title body';
    const tag = fc.constantFrom(...names.split(' ').flatMap((name) => [`<${name}>`, `</${name}>`]));
    const text = fc.oneof(fc.lorem({ maxCount: 60 }), fc.string({ maxLength: 20 }));
    const end = fc.constantFrom('\n', '\n\n', ' ', '```\n', '&#27;', '<!--', '-->', '<script>');
    const page = fc.array(fc.oneof(tag, text, end), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(page, async (parts) => {
        const html = parts.join('');
        const count = html.split('\n').length;
        for (const passage of await read(html)) {
          expect(passage.text.length).toBeLessThanOrEqual(1000);
          expect(passage.line).toBeGreaterThanOrEqual(1);
          expect(passage.endLine).toBeGreaterThanOrEqual(passage.line);
          expect(passage.endLine).toBeLessThanOrEqual(count);
          expect(passage.text).not.toMatch('\u001b');
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['spans', `<pre>${'<span>const</span> <span>x</span>\n'.repeat(8000)}</pre>`],
    ['comments', '<!--'.repeat(100_000)],
    ['closed comments', `${'<!-- a -->'.repeat(100_000)}text`],
    ['tags that do not end', '<a '.repeat(100_000)],
    ['rows', `<table>${'<tr><td>a b<td>c d'.repeat(20_000)}</table>`],
    ['entities', '&'.repeat(200_000)],
    ['attributes', `<p ${Array.from({ length: 20_000 }, (_, i) => `a${i}=1`).join(' ')}>text`],
  ])('takes time that grows with the length alone: %s', async (_, html) => {
    const began = process.cpuUsage();
    await read(html);
    expect(process.cpuUsage(began).user).toBeLessThan(4_000_000);
  });
});
