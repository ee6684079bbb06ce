// Bundles the page and its worker. Usage: node build.mjs [FOLDER]; without a folder the page is served as well.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [folder] = process.argv.slice(2);
const outdir = folder ?? here('dist');

await mkdir(outdir, { recursive: true });
await copyFile(here('index.html'), join(outdir, 'index.html'));
const bundle = await context({
  entryPoints: { page: here('page.mjs'), worker: here('worker.mjs') },
  outdir,
  bundle: true,
  format: 'esm',
  minify: true,
});
await bundle.rebuild();
if (folder !== undefined) await bundle.dispose();
else {
  const { port } = await bundle.serve({ servedir: outdir, host: '127.0.0.1' });
  console.log(`http://127.0.0.1:${port}/`);
}
