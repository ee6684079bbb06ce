// Bundles the page that `bitryoshka serve` serves, and embeds it as strings in a TypeScript module: nothing has to be
// found at run time, and nothing is fetched from elsewhere.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const page = new URL('../src/page/', import.meta.url);
const file = new URL('../src/server/page-assets.generated.ts', import.meta.url);

await bundlePage();

async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: ['main.ts', 'page.css'].map((name) => fileURLToPath(new URL(name, page))),
    outdir: fileURLToPath(page),
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const built = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
  const assets = {
    '/': { type: 'text/html; charset=utf-8', text: await readPage('index.html') },
    '/page.js': { type: 'text/javascript; charset=utf-8', text: built('.js') },
    '/page.css': { type: 'text/css; charset=utf-8', text: built('.css') },
    '/icon.svg': { type: 'image/svg+xml', text: await readPage('icon.svg') },
  };
  const module = [
    '/** The page, by path. */',
    'export const pageAssets: Readonly<Record<string, { readonly type: string; readonly text: string }>> =',
    `  ${JSON.stringify(assets)};\n`,
  ].join('\n');
  // Left alone where nothing changed, as it is what others look at to see whether to build again.
  if ((await readFile(file, 'utf8').catch(() => '')) !== module) await writeFile(file, module);
}

function readPage(name) {
  return readFile(new URL(name, page), 'utf8');
}

/** Vitest loads this before tests, which run sources: the page is then made of the same. */
export function setup(project) {
  project.onTestsRerun(bundlePage);
}
