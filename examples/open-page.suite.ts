import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

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

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' };

export interface OpenPage {
  readonly page: Page;
  /** What the page threw or could not load. */
  readonly errors: readonly string[];
  readonly close: () => Promise<void>;
}

/** Serves a folder, and opens its index.html in a real browser. */
export async function openPage(folder: string): Promise<OpenPage> {
  if (!browser) throw new Error('There is no browser here.');
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { chromium } = await import('playwright-core');
  const instance = await chromium.launch({ executablePath: browser.file, args: browser.args });
  const page = await instance.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    errors,
    close: async () => {
      await instance.close();
      server.close();
    },
  };
}
