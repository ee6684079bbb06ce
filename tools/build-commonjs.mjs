// The CommonJS half of every published library, beside the ESM half that tsc has written: `commonjs/` next
// to `dist/`, file by file, with the same declarations. Programs of `require`, Jest above all, get the very
// classes of the CommonJS half of @langchain/core, so that `instanceof` holds and types agree.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const libraries = ['core', 'langchain-adapter', 'transformers-embedder'];

/** CommonJS has no `import.meta`. */
const placeOf = {
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

await Promise.all(libraries.map(buildCommonJs));

async function buildCommonJs(name) {
  const folder = fileURLToPath(new URL(`../packages/${name}/`, import.meta.url));
  const from = join(folder, 'dist');
  const to = join(folder, 'commonjs');
  await rm(to, { recursive: true, force: true });
  await cp(from, to, {
    recursive: true,
    filter: (file) => !/\.(js|map|tsbuildinfo)$/.test(file),
  });
  const scripts = (await readdir(from, { recursive: true })).filter((file) => file.endsWith('.js'));
  const places = scripts.map((file) => join(from, file));
  const isPlaced = await Promise.all(places.map(asksWhereItIs));
  await translate(places.filter((_, i) => !isPlaced[i]));
  await translate(
    places.filter((_, i) => isPlaced[i]),
    placeOf,
  );
  await writeFile(join(to, 'package.json'), '{ "type": "commonjs" }\n');

  function translate(entryPoints, options = {}) {
    return build({
      entryPoints,
      outdir: to,
      outbase: from,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      // Jest runs CommonJS without `import()`.
      supported: { 'dynamic-import': false },
      logLevel: 'warning',
      ...options,
    });
  }
}

async function asksWhereItIs(file) {
  return (await readFile(file, 'utf8')).includes('import.meta.url');
}
