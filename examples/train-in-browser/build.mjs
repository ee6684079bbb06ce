// Bundles the page and its worker. Usage: node train-in-browser/build.mjs [FOLDER]
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [out = 'dist/train-in-browser'] = process.argv.slice(2);
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

await mkdir(out, { recursive: true });
await build({
  entryPoints: { page: here('page.mjs'), worker: here('worker.mjs') },
  outdir: out,
  bundle: true,
  format: 'esm',
  minify: true,
});
await copyFile(here('index.html'), `${out}/index.html`);
console.log(`${out}/index.html: serve this folder and open it`);
