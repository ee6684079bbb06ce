// Bundles the page that `bitryoshka serve` serves and what `bitryoshka report` writes into its own, and embeds them as
// strings in TypeScript modules: nothing has to be found at run time, and nothing is fetched from elsewhere.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = new URL('../src/', import.meta.url);

await bundlePages();

async function bundlePages() {
  const served = await bundle('page/');
  await writeModule(
    'server/page-assets.generated.ts',
    '/** The page, by path. */',
    'pageAssets: Readonly<Record<string, { readonly type: string; readonly text: string }>>',
    {
      '/': { type: 'text/html; charset=utf-8', text: await read('page/index.html') },
      '/page.js': { type: 'text/javascript; charset=utf-8', text: served.script },
      '/page.css': { type: 'text/css; charset=utf-8', text: served.style },
      '/icon.svg': { type: 'image/svg+xml', text: await read('page/icon.svg') },
    },
  );
  const { script, style } = await bundle('report/page/');
  // Within HTML, a drawing needs no namespace.
  const icon = (await read('page/icon.svg')).replace(/ xmlns="[^"]*"/, '').trim();
  await writeModule(
    'report/page-assets.generated.ts',
    '/** What stands in every report. */',
    "pageAssets: Readonly<Record<'script' | 'style' | 'icon', string>>",
    { script, style, icon },
  );
}

async function bundle(folder) {
  const { outputFiles } = await build({
    entryPoints: ['main.ts', 'page.css'].map((name) =>
      fileURLToPath(new URL(`${folder}${name}`, source)),
    ),
    outdir: fileURLToPath(new URL(folder, source)),
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
  return { script: built('.js'), style: built('.css') };
}

async function writeModule(name, comment, declaration, value) {
  const module = [comment, `export const ${declaration} =`, `  ${JSON.stringify(value)};\n`].join(
    '\n',
  );
  const file = new URL(name, source);
  // Left alone where nothing changed, as it is what others look at to see whether to build again.
  if ((await readFile(file, 'utf8').catch(() => '')) !== module) await writeFile(file, module);
}

function read(name) {
  return readFile(new URL(name, source), 'utf8');
}

/** Vitest loads this before tests, which run sources: the pages are then made of the same. */
export function setup(project) {
  project.onTestsRerun(bundlePages);
}
