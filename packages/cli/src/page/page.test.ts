import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browser, visitPage } from '../../../../examples/open-page.suite.ts';
import { liveFolders } from '../library/live-folders.ts';
import type { SampleFolder } from '../server/sample-folder.suite.ts';
import { createFolder, createSampleFolder } from '../server/sample-folder.suite.ts';
import { ServedFolders } from '../server/served-folders.ts';
import type { RunningServer } from '../server/start-server.ts';
import { startServer } from '../server/start-server.ts';

type Visit = Awaited<ReturnType<typeof visitPage>>;

let folder: SampleFolder;
let index: SampleFolder;
let served: ServedFolders;
let server: RunningServer;
let visit: Visit | undefined;

const hasBrowser = browser !== undefined;

beforeAll(async () => {
  if (!hasBrowser) return;
  folder = await createSampleFolder();
  index = await createFolder('served-index-');
  const folders = await liveFolders([folder.path], { indexFolder: index.path });
  served = await ServedFolders.open(folders);
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    hosts: [],
    collection: () => served.collection,
    refresh: (signal) => served.refresh(signal),
  });
});

afterEach(async () => {
  expect(visit?.errors ?? []).toEqual([]);
  await visit?.close();
  visit = undefined;
});

afterAll(async () => {
  if (!hasBrowser) return;
  await server.close();
  await served.close();
  await folder.remove();
  await index.remove();
});

describe.skipIf(!hasBrowser)('the page, in a browser (none here: skipped)', () => {
  it('searches as one types, and asks for what was typed last alone', async () => {
    const { page } = await open();
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/search')) asked.push(request.url());
    });
    await page.keyboard.type('honey of the hive', { delay: 15 });
    await page.waitForSelector('#search .answer');
    await waitForStatus(page, /^10 passages in/);
    expect(asked.length).toBeLessThan(6);
    expect(asked.at(-1)).toContain('q=honey+of+the+hive');
    const first = page.locator('#search .answer').first();
    expect(await first.textContent()).toMatch(
      /^1notes\/bees\.md:\d+\.\d{3}About bees › \w+ \d(?:The|Nobody|If)/,
    );
    expect(await page.locator('#search mark').first().textContent()).toMatch(/honey|hive/i);
    // Enter does not go to answers of another question.
    await page.locator('#question').fill('train ticket');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.className === 'head');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('travel.md');
    await page.locator('input[value=words]').check({ force: true });
    await waitForStatus(page, /passages? in/);
    await page.locator('#question').fill('xylophone');
    await waitForStatus(page, /^No passage has one of these words/);
    expect(await page.locator('#search .answer').count()).toBe(0);
  });

  it('is ruled by the keyboard', async () => {
    const { page } = await open('#q=rain&view=search');
    await page.waitForSelector('#search .answer');
    const focused = () => page.evaluate(() => document.activeElement?.className);
    const rank = () => page.evaluate(() => document.activeElement?.textContent?.slice(0, 1));
    await page.locator('h1').click();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('question');
    expect(await page.locator('#question').inputValue()).toBe('rain');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect([await focused(), await rank()]).toEqual(['head', '2']);
    await page.keyboard.press('Enter');
    const own = page.locator('.answer.open .own');
    await own.first().waitFor();
    expect(await own.first().textContent()).toMatch(/^\d+\n?.*(?:checked|remembers|fails)/);
    await page.keyboard.press('Escape');
    expect(await page.locator('.answer.open').count()).toBe(0);
    expect(await rank()).toBe('2');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('question');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelectorAll('.answer').length === 0);
    expect(await page.locator('#question').inputValue()).toBe('');
  });

  it('shows floats beside codes, and what a slider does to them', async () => {
    const { page } = await open('#view=codes&q=which+melody+does+the+choir+sing&bits=32&rerank=0');
    await waitForStatus(page, /^Codes of 32 bits found \d+ of the float search's 10 passages/);
    expect(await page.locator('#float-answers .answer').count()).toBe(10);
    const missed = await page.locator('#float-answers .mark.missed').count();
    expect(missed).toBeGreaterThan(0);
    expect(await page.locator('#code-answers .mark.new').count()).toBe(missed);
    expect(await page.locator('.rank-lines path').count()).toBe(10 - missed);
    await page
      .locator('.recalls button[aria-label="32 bits, 0 re-ranked: not measured yet"]')
      .waitFor({ state: 'detached' });
    const facts = () => page.locator('.facts').textContent();
    expect(await facts()).toMatch(
      /Recall\d+\.\d %this question: \d of 10Time\d+\.\d\d ms.*Memory9 B a passagefloats: 1\.0 kB, 114 ×/,
    );

    const depth = page.locator('#depth');
    await depth.focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    expect(await depth.getAttribute('aria-valuetext')).toBe('200 passages');
    await waitForStatus(page, /^Codes of 32 bits found 10 of .* all in their places/);
    expect(await page.locator('#code-answers .mark.same').count()).toBe(10);

    const measured: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/quality')) measured.push(request.url());
    });
    await page.locator('#bits').focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForRequest('**/api/quality*');
    // Codes are not learned anew for another depth.
    await depth.focus();
    await page.keyboard.press('ArrowLeft');
    await waitForStatus(page, /^Codes of 64 bits found/);
    expect(page.url()).toContain('bits=64&rerank=100');
    await page
      .locator('.recalls button[aria-label="64 bits, 0 re-ranked: not measured yet"]')
      .waitFor({ state: 'detached' });
    expect(measured).toHaveLength(1);
    await page.locator('#float-answers .head').nth(2).focus();
    await page.keyboard.press('ArrowRight');
    const column = () => page.evaluate(() => document.activeElement?.closest('ol')?.id);
    expect(await column()).toBe('code-answers');
    await page.locator('nav [data-view=search]').click();
    await page.waitForSelector('#search .answer');
    await page.goBack();
    await waitForStatus(page, /^Codes of 64 bits found/);
  });

  it('tells of the index, maps the files and opens them', async () => {
    const { page } = await open('#view=index');
    await page.waitForSelector('.map circle');
    expect(await page.locator('.pairs').textContent()).toMatch(/212 of 16 files.*exact.*100\.0 %/s);
    expect(await page.locator('.map circle').count()).toBe(16);
    expect(await page.locator('.wide-card').first().textContent()).toMatch(
      /show \d+ % of the variance/,
    );
    await folder.write('notes/telescope.md', 'A telescope shows the rings of Saturn.');
    await page.getByRole('link', { name: 'Search', exact: true }).click();
    await page.getByRole('link', { name: 'Index', exact: true }).click();
    await page.getByText('1 new').waitFor();
    await page.getByRole('button', { name: 'Read the folders again' }).click();
    await page.getByText('213 of 17 files').waitFor();
    await page.getByRole('button', { name: 'notes/telescope.md' }).click();
    await page.locator('.answer.open .own').waitFor();
    expect(await page.locator('.answer.open .own').textContent()).toMatch(/Saturn/);
  });

  it('fits 360 pixels in every view, and follows dark and light', async () => {
    const { page } = await open('#view=search&q=rain', { width: 360, height: 700 }, 'dark');
    const views = [
      ['search', '#search .answer'],
      ['codes', '#code-answers .answer'],
      ['index', '.sources button'],
    ] as const;
    for (const [view, shown] of views) {
      await page.locator(`nav [data-view=${view}]`).click();
      await page.waitForSelector(shown);
      const heads = page.locator(`#${view} .head`);
      if ((await heads.count()) > 0) await heads.first().click();
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      expect([view, overflow]).toEqual([view, 0]);
    }
    const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await color()).toBe('rgb(22, 24, 27)');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await color()).toBe('rgb(253, 253, 252)');
  });

  it('says what the server refuses, and that it is gone', async () => {
    const { page } = await open();
    await page.route('**/api/search*', (route) =>
      route.fulfill({
        status: 400,
        json: {
          error: { code: 'invalid-option', message: 'q: got too much.', remedy: 'Say less.' },
        },
      }),
    );
    await page.locator('#question').fill('rain');
    await page.getByRole('alert').getByText('q: got too much. Say less.').waitFor();
    await page.unroute('**/api/search*');
    await page.route('**/api/search*', (route) => route.abort());
    await page.locator('#question').fill('rain and wind');
    await page.getByText('The server does not answer.').waitFor();
    await page.unroute('**/api/search*');
    await page.locator('#question').fill('rain');
    await page.waitForSelector('.answer');
    expect(await page.locator('#alert').isVisible()).toBe(false);
  });
});

async function open(
  hash = '',
  viewport = { width: 1280, height: 900 },
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Visit> {
  visit = await visitPage(`${server.url}${hash}`, { viewport, colorScheme });
  await visit.page.waitForFunction(() => document.querySelector('nav [aria-current]') !== null);
  return visit;
}

async function waitForStatus(page: Visit['page'], pattern: RegExp): Promise<void> {
  await page.getByRole('status').getByText(pattern).waitFor();
}
