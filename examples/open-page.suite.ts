import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';

/** What is installed on the machine, or else a Chromium that comes as a package, for Linux. */
async function findBrowser(): Promise<{ file: string; args: string[] } | undefined> {
  const installed = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((path) => existsSync(path));
  if (installed) return { file: installed, args: ['--no-sandbox'] };
  if (process.platform !== 'linux') return undefined;
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    return { file: await chromium.executablePath(), args: chromium.args };
  } catch {
    return undefined;
  }
}

export const browser = await findBrowser();

const types: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  wasm: 'application/wasm',
};

interface VisitedPage {
  readonly page: Page;
  /** What the page threw or could not load. */
  readonly errors: readonly string[];
  readonly close: () => Promise<void>;
}

export interface OpenPage extends VisitedPage {
  readonly port: number;
}

/**
 * Serves a folder, and opens its index.html in a real browser.
 *
 * @param profile a folder in which the browser keeps what it knows, until it is opened with it again
 * @param port the same for what belongs to the same origin
 */
export async function openPage(
  folder: string,
  { profile = '', port = 0 }: { readonly profile?: string; readonly port?: number } = {},
): Promise<OpenPage> {
  const server = createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : String(request.url).slice(1);
    readFile(join(folder, name)).then(
      (contents) => {
        response.setHeader('content-type', types[name.split('.').at(-1) ?? ''] ?? 'text/plain');
        response.end(contents);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: served } = server.address() as AddressInfo;
  const visited = await visitPage(`http://127.0.0.1:${served}/`, { profile });
  return {
    ...visited,
    port: served,
    close: async () => {
      await visited.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Opens a page that is served already.
 *
 * @param options `profile` as of `openPage`, others as of Playwright, such as the size of the window
 */
export async function visitPage(
  url: string,
  { profile = '', ...options }: { readonly profile?: string } & BrowserContextOptions = {},
): Promise<VisitedPage> {
  if (!browser) throw new Error('There is no browser here.');
  const { chromium } = await import('playwright-core');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browser.file,
    args: browser.args,
    ...options,
  });
  const [page = await context.newPage()] = context.pages();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  return { page, errors, close: () => context.close() };
}
