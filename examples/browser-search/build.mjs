// Bundles the page and its worker. Usage: node build.mjs [FOLDER]; without a folder the page is served as well.
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [folder] = process.argv.slice(2);
const config = {
  configFile: false,
  root: here('.'),
  logLevel: 'error',
  worker: { format: 'es' },
  build: {
    outDir: folder ?? here('dist'),
    emptyOutDir: true,
    target: 'esnext',
    chunkSizeWarningLimit: 20_000,
  },
};

await build(config);
if (folder === undefined) (await preview({ ...config, logLevel: 'info' })).printUrls();
