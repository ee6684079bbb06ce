import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../main.ts';
import type { ReportData } from '../report/report-data.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';

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
    const table = page.slice(page.indexOf('<tbody>'), page.indexOf('</tbody>'));
    const cells = [...table.matchAll(/<tr[^>]*>(.*)<\/tr>/g)].map((match) =>
      [...match[1]!.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map((cell) => cell[1]),
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
    expect(page).not.toMatch(/<script|https?:|<link|@import|url\(|\ssrc=|\shref=|NaN|undefined/);
    expect(page).not.toContain('<b>');
    expect(page).toContain('<h1>&lt;b&gt;sets &amp; &#39;more&#39;</h1>');
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
    const page = await readFile(out, 'utf8');
    expect(page.match(/<svg [^>]*aria-label=/g)).toHaveLength(charts.length);
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it('draws documents that are all the same', async () => {
    await vectors('corpus', 'd', 60, 0, () => 1);
    await report('--quantizers', 'sign', '--bits', '8');
    expect(output.complained).toBe('');
    expect(await readFile(out, 'utf8')).not.toMatch(/NaN|undefined/);
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
