import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { browser, visitPage } from '../../../../examples/open-page.suite.ts';
import { main } from '../main.ts';
import { escapeHtml } from '../report/escape-html.ts';
import { pageAssets } from '../report/page-assets.generated.ts';
import type { ReportData } from '../report/report-data.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';
import { packageVersion } from './package-version.ts';

const dimensions = 12;
const charts = [
  'nDCG@10 against bytes per vector',
  'recall@10 against bytes per vector',
  'recall@10 against the depth of re-ranking',
  'distributions of single dimensions',
  'share of ones of every bit',
  'correlations of bits and of dimensions',
  'seconds: fit, encode 60 documents',
  'milliseconds: scan, re-score (asymmetric)',
];

type Visit = Awaited<ReturnType<typeof visitPage>>;

let parent: string;
let folder: string;
let out: string;

const output = captureOutput();

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'report-'));
  folder = join(parent, `<b>sets & 'more'`);
  out = join(parent, 'report.html');
  await mkdir(join(folder, 'qrels'), { recursive: true });
  await mkdir(join(folder, 'model'));
  await vectors('corpus', 'd', 60, 0.4);
  await vectors('queries', 'q', 5, -0.1);
  const judgements = Array.from({ length: 5 }, (_, i) => `q${i}\td${i}\t1\n`);
  await writeFile(
    join(folder, 'qrels/test.tsv'),
    `query-id\tcorpus-id\tscore\n${judgements.join('')}`,
  );
});

afterEach(async () => {
  await rm(parent, { recursive: true });
});

describe('report', () => {
  it('shows how a head was trained', async () => {
    const choice = ['--quantizers', 'sign,head', '--bits', '8', '--rerank', '0,20'];
    await report(...choice);
    const page = await readFile(out, 'utf8');
    for (const measure of ['loss', 'held-out recall', 'entropy per bit']) {
      expect(page).toContain(`aria-label="${measure} against steps of training"`);
    }
    expect(page).toMatch(/<td class="text">start<\/td><td>/);
    const { training } = await reportJson(...choice);
    expect(training?.curve[0]?.step).toBe(0);
    expect(training?.stages.filter(({ isTaken }) => isTaken)).toHaveLength(1);
  });

  const choice = ['--quantizers', 'sign,median,itq', '--bits', '4,8,12', '--rerank', '0,20'];

  it('writes a page with every chart and every row', async () => {
    await report(...choice);
    expect(output.complained).toBe('');
    const page = await readFile(out, 'utf8');
    for (const chart of charts) {
      expect(page.split(`aria-label="${chart}`)).toHaveLength(2);
    }
    // Charts are labelled, the symbols of legends are not.
    expect(page.match(/<svg [^>]*aria-label=/g)).toHaveLength(charts.length);

    const data = await reportJson(...choice);
    expect(data.rows.length).toBeGreaterThanOrEqual(3 * 3 * 2 * 2);
    const cells = [...page.matchAll(/<tr>(<th scope="row".*)<\/tr>/g)].map((match) =>
      [...match[1]!.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g)].map((cell) => cell[1]),
    );
    expect(cells.map((row) => [row[0], row[1], row[4], row[5], row[6], row[8]])).toEqual(
      data.rows.map((row) => [
        row.quantizer,
        String(row.bits),
        row.scoring,
        row.rerank === 0 ? '–' : String(row.rerank),
        row.ndcg10.toFixed(3),
        row.recall10.toFixed(3),
      ]),
    );
    expect(output.printed).toContain(`${out}: ${data.rows.length} measurements`);
  });

  it('loads nothing and shows names as they are', async () => {
    await report(...choice);
    const page = await readFile(out, 'utf8');
    const { script } = pageAssets;
    const parts = page.split(`<script type="module">${script}</script>`);
    expect(parts).toHaveLength(2);
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page).toContain(`content="default-src 'none'; style-src`);
    expect(page).toContain(`script-src 'sha256-${hash}';`);
    expect(page).not.toMatch(/https?:|<link|@import|url\(|\ssrc=|\shref=/);
    expect(parts.join('')).not.toMatch(/<script|NaN|undefined/);
    expect(page).not.toContain('<b>sets');
    expect(page).toContain('<h1>&lt;b&gt;sets &amp; &#39;more&#39;</h1>');
  });

  it('says when, by which version and how it was written, and explains every column', async () => {
    await report(...choice);
    const page = await readFile(out, 'utf8');
    expect(page).toMatch(
      /<time datetime="\d{4}-\d\d-\d\dT[\d:.]+Z">\d{4}-\d\d-\d\d \d\d:\d\d UTC</,
    );
    expect(page).toContain(`, version ${packageVersion()}<`);
    const command = page.match(/<pre><code>(.*)<\/code><\/pre>/)![1]!.replaceAll(/<\/?span>/g, '');
    const quoted = join(parent, "<b>sets & '\\''more'\\''");
    expect(command).toBe(
      escapeHtml(
        `bitryoshka report '${quoted}' --vectors model --out ${out} --quantizers sign,median,itq --bits 4,8,12 --rerank 0,20 --seed 0`,
      ),
    );
    const heads = page.match(/<th scope="col".*?<\/th>/g)!;
    expect(heads).toHaveLength(10);
    for (const head of heads) expect(head).toMatch(/"name">[^<]+<\/span><small>[^<]{10,}<\/small>/);
    expect(page.indexOf('Findings')).toBeLessThan(page.indexOf('<dl'));
  });

  it('prints the data behind the charts', async () => {
    const data = await reportJson(...choice);
    expect(data).toMatchObject({
      folder,
      vectors: 'model',
      documents: 60,
      queries: 5,
      dimensions,
      inspectedBits: 8,
    });
    expect(data.balance.map(({ quantizer, ones }) => [quantizer, ones.document.length])).toEqual([
      ['sign', 8],
      ['median', 8],
      ['itq', 8],
    ]);
    expect(data.correlation.bits).toHaveLength(8);
    expect(data.times.quantizers).toHaveLength(3);
    for (const { stages } of data.times.quantizers) {
      expect(stages[0]?.stage).toBe('scan');
      expect(stages.at(-1)?.stage).toBe('re-rank');
      for (const { milliseconds } of stages) expect(milliseconds).toBeGreaterThanOrEqual(0);
    }
    expect(await readdir(parent)).not.toContain('report.html');
  });

  it.each([
    ['one bit of one quantizer', ['--quantizers', 'itq', '--bits', '1', '--rerank', '0']],
    ['what learns from queries', ['--quantizers', 'median-per-side', '--bits', '8']],
    ['re-ranking only', ['--quantizers', 'sign', '--bits', '12', '--rerank', '20']],
  ])('draws %s', async (_, options) => {
    await report(...options);
    expect(output.complained).toBe('');
    const page = await readWithoutScript();
    expect(page.match(/<svg [^>]*aria-label=/g)).toHaveLength(charts.length);
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it('draws documents that are all the same', async () => {
    await vectors('corpus', 'd', 60, 0, () => 1);
    await report('--quantizers', 'sign', '--bits', '8');
    expect(output.complained).toBe('');
    expect(await readWithoutScript()).not.toMatch(/NaN|undefined/);
  });

  it('replaces the page of before, and leaves nothing else behind', async () => {
    await writeFile(out, 'before');
    await report(...choice);
    expect(await readFile(out, 'utf8')).toMatch(/^<!doctype html>/);
    expect(await readdir(parent)).toHaveLength(2);
  });

  it('refuses what it cannot read or write, before any work', async () => {
    await main(['node', 'bitryoshka', 'report', join(parent, 'none'), '--vectors', 'model']);
    expect(output.complained).toMatch(/^bitryoshka: .*none.*ENOENT/);
    expect(process.exitCode).toBe(1);

    output.complained = '';
    await report('--out', join(parent, 'missing/report.html'));
    expect(output.complained).toMatch(
      /missing\/report\.html: ENOENT.* Name a file in a folder that exists/,
    );

    output.complained = '';
    await report('--out', parent);
    expect(output.complained).toMatch(/got a folder, expected a file/);
    expect(output.printed).toBe('');
    expect(await readdir(parent)).toHaveLength(1);
  });

  describe.skipIf(!browser)('its page, in a browser (none here: skipped)', () => {
    let visit: Visit | undefined;
    /** Written once for all. */
    let written: string | undefined;

    afterEach(async () => {
      expect(visit?.errors ?? []).toEqual([]);
      await visit?.close();
      visit = undefined;
    });

    async function open(
      width: number,
      colorScheme: 'light' | 'dark' = 'light',
    ): Promise<Visit['page']> {
      if (written === undefined) await report(...choice);
      else await writeFile(out, written);
      written ??= await readFile(out, 'utf8');
      const viewport = { width, height: 800 };
      visit = await visitPage(pathToFileURL(out).href, { viewport, colorScheme });
      return visit.page;
    }

    it('asks for nothing, and breaks none of its own rules', async () => {
      const page = await open(1280);
      const told: string[] = [];
      page.on('request', (request) => void told.push(request.url()));
      page.on('console', (message) => void told.push(message.text()));
      await page.reload();
      expect(told).toEqual([page.url()]);
    });

    it('fits 360 pixels, and its boxes scroll and say so', async () => {
      const page = await open(360);
      const width = () => page.evaluate(() => document.documentElement.scrollWidth);
      expect(await width()).toBe(360);
      const boxes = page.locator('.box');
      expect(await boxes.count()).toBe(charts.length + 1);
      for (const box of await boxes.all()) {
        expect(await box.getAttribute('role')).toBe('region');
        expect(await box.getAttribute('tabindex')).toBe('0');
        expect(await box.getAttribute('aria-label')).toMatch(/^(?:Chart: .|All measurements$)/);
      }
      const frame = page.locator('.scroll').first();
      const edges = () => frame.evaluate(({ classList }) => [...classList].slice(2));
      const fade = (side: string) =>
        frame.evaluate((element, pseudo) => getComputedStyle(element, pseudo).opacity, side);
      expect([await edges(), await fade('::before'), await fade('::after')]).toEqual([
        ['more-after'],
        '0',
        '1',
      ]);
      await boxes.first().evaluate((box) => box.scrollTo(box.scrollWidth, 0));
      await expect.poll(edges).toEqual(['more-before']);
      await page.getByRole('button', { name: 'Group by quantizer' }).click();
      expect(await width()).toBe(360);
      await page.setViewportSize({ width: 1000, height: 800 });
      expect(await width()).toBe(1000);
    });

    it('follows dark and light with the colours of the page of serve', async () => {
      const page = await open(360, 'dark');
      const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(await color()).toBe('rgb(22, 24, 27)');
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await color()).toBe('rgb(253, 253, 252)');
    });

    it('sorts by a column, and folds by quantizer', async () => {
      const page = await open(1280);
      const shown = page.locator('.results tbody tr:not(.group):visible');
      const all = await page.locator('.results tbody tr:not(.group)').count();
      const column = async (index: number) =>
        (await shown.locator(`:nth-child(${index + 1})`).allTextContents()).map(Number);
      const names = () => page.locator('.results .group .name').allTextContents();
      const unfold = page.getByRole('button', { name: 'Unfold all' });
      if (await unfold.isVisible()) await unfold.click();
      expect(await shown.count()).toBe(all);

      const itq = page.getByRole('button', { name: 'itq', exact: true });
      expect(await itq.getAttribute('aria-expanded')).toBe('true');
      await itq.click();
      expect(await itq.getAttribute('aria-expanded')).toBe('false');
      const folded = await shown.count();
      expect(folded).toBeLessThan(all);
      expect(await shown.locator('th').getByText('itq').count()).toBe(0);
      await page.emulateMedia({ media: 'print' });
      expect(await shown.count()).toBe(all);
      await page.emulateMedia({ media: 'screen' });
      expect(await shown.count()).toBe(folded);
      await itq.focus();
      await page.keyboard.press('Enter');
      expect(await shown.count()).toBe(all);

      const recall = page.getByRole('button', { name: 'recall@10' });
      const head = page.locator('th', { has: recall });
      await recall.click();
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      const best = await page.locator('.results .group .bar:nth-of-type(4)').allTextContents();
      expect(best.map(Number)).toEqual(best.map(Number).toSorted((a, b) => b - a));
      expect(await names()).toHaveLength(3);
      await page.getByRole('button', { name: 'Group by quantizer' }).click();
      const descending = await column(8);
      expect(descending).toHaveLength(all);
      expect(descending).toEqual(descending.toSorted((a, b) => b - a));
      await recall.click();
      expect(await head.getAttribute('aria-sort')).toBe('ascending');
      expect(await column(8)).toEqual(descending.toSorted((a, b) => a - b));
      await page.getByRole('button', { name: 'bits' }).click();
      expect(await page.locator('[aria-sort]').count()).toBe(1);
      expect((await column(1)).at(0)).toBe(4);
    });

    it('shows values to the pointer and to the keyboard', async () => {
      const page = await open(360);
      const tip = page.locator('.tip');
      const box = page.locator('.box').first();
      await box.focus();
      await page.keyboard.press('ArrowRight');
      expect(await tip.textContent()).toMatch(
        /^sign, symmetric4 bits, 8 bytes: nDCG@10 \d\.\d{3}$/,
      );
      await page.keyboard.press('End');
      expect(await tip.textContent()).toMatch(/^itq, /);
      const focused = await page.evaluate(() => {
        const { left, right } = document.activeElement!.getBoundingClientRect();
        return { left, right, name: document.activeElement!.ariaLabel };
      });
      expect(focused.name).toMatch(/^itq, .*: \d+ bits/);
      expect(focused.left).toBeGreaterThan(0);
      expect(focused.right).toBeLessThan(360);
      await page.keyboard.press('ArrowUp');
      expect(await tip.textContent()).toMatch(/^median, /);
      await page.keyboard.press('Escape');
      expect(await tip.isVisible()).toBe(false);

      const map = page.locator('.beside .box');
      await map.hover({ position: { x: 60, y: 36 } });
      expect(await tip.textContent()).toMatch(/^bit \d, \w+with bit \d: [+−]\d\.\d\d$/);
      await page.mouse.move(0, 0);
      expect(await tip.isVisible()).toBe(false);
      // The browser would show them a second time.
      expect(await map.locator('title').count()).toBe(0);
    });
  });

  async function readWithoutScript(): Promise<string> {
    return (await readFile(out, 'utf8')).replace(pageAssets.script, '');
  }

  async function report(...options: string[]): Promise<void> {
    const call = ['node', 'bitryoshka', 'report', folder, '--vectors', 'model', '--out', out];
    await main([...call, ...options]);
  }

  async function reportJson(...options: string[]): Promise<ReportData> {
    const before = output.printed;
    output.printed = '';
    await report('--json', ...options);
    const data = JSON.parse(output.printed) as ReportData;
    output.printed = before;
    return data;
  }
});

async function vectors(
  name: string,
  prefix: string,
  rows: number,
  shift: number,
  value: (i: number, j: number) => number = (i, j) => Math.sin(i * 12.9898 + j * 78.233),
): Promise<void> {
  const path = join(folder, 'model', name);
  const ids = Array.from({ length: rows }, (_, i) => `${prefix}${i}`);
  const data = Float32Array.from(
    { length: rows * dimensions },
    (_, n) => value(Math.floor(n / dimensions), n % dimensions) + shift,
  );
  await writeFile(`${path}.json`, JSON.stringify({ ids, dims: dimensions }));
  await writeFile(`${path}.f32`, data);
}
