// Makes what npm installs of every library, behind tsc, which writes declarations alone:
// - `dist/`: modules of ESM, a file for each way in and for what these share. Few files load in a tenth of
//   the time of many.
// - `commonjs/`: the same, file by file. Programs of `require`, Jest above all, get the very classes of the
//   CommonJS half of @langchain/core, so that `instanceof` holds and types agree.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Ways in, and what is started or chosen by its place. */
const libraries = {
  core: [
    'index',
    'training',
    'evaluation/index',
    'analysis/index',
    'export/index',

    'node/index',
    'internal',
  ],
  'langchain-adapter': [
    'index',
    'langgraph/index',
    'migrate/index',
    'postgres/index',
    'testing/index',
  ],
  'transformers-embedder': [
    'index',
    'platform/node',
    'platform/browser',
    'embeddings/embedder-thread',
  ],
};

/** CommonJS has no `import.meta`. */
const placeOf = {
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

await Promise.all(Object.entries(libraries).map(([name, entries]) => buildLibrary(name, entries)));

async function buildLibrary(name, entries) {
  const folder = fileURLToPath(new URL(`../packages/${name}/`, import.meta.url));
  const [source, modules, commonJs] = ['src', 'dist', 'commonjs'].map((part) => join(folder, part));
  const stale = (await scriptsIn(modules)).map((file) => rm(file));
  await Promise.all([...stale, rm(commonJs, { recursive: true, force: true })]);
  await build({
    entryPoints: entries.map((entry) => join(source, `${entry}.ts`)),
    outdir: modules,
    outbase: source,
    bundle: true,
    splitting: true,
    packages: 'external',
    external: ['#*'],
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    logLevel: 'warning',
  });
  await cp(modules, commonJs, {
    recursive: true,
    filter: (file) => !/\.(js|map|tsbuildinfo)$/.test(file),
  });
  const files = await scriptsIn(modules);
  const isPlaced = await Promise.all(files.map(asksWhereItIs));
  const translate = (entryPoints, options) =>
    build({
      entryPoints,
      outdir: commonJs,
      outbase: modules,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      // Jest runs CommonJS without `import()`.
      supported: { 'dynamic-import': false },
      logLevel: 'warning',
      ...options,
    });
  await translate(files.filter((_, i) => !isPlaced[i]));
  await translate(
    files.filter((_, i) => isPlaced[i]),
    placeOf,
  );
  await nameFiles(folder, commonJs);
  await writeFile(join(commonJs, 'package.json'), '{ "type": "commonjs" }\n');
}

/**
 * Writes the files that `imports` in package.json stands for: it does not count in the folder of CommonJS,
 * which is a scope of its own. Bundlers for browsers find theirs by `browser`.
 */
async function nameFiles(folder, commonJs) {
  const { imports = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const file of await scriptsIn(commonJs)) {
    const before = await readFile(file, 'utf8');
    let after = before;
    for (const [name, targets] of Object.entries(imports)) {
      const target = (targets.node ?? targets.default).replace('./dist/', './commonjs/');
      const path = relative(dirname(file), join(folder, target)).replaceAll('\\', '/');
      after = after.replaceAll(`require("${name}")`, `require("${path.replace(/^(?!\.)/, './')}")`);
    }
    if (after !== before) await writeFile(file, after);
  }
}

async function scriptsIn(folder) {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.endsWith('.js')).map((file) => join(folder, file));
}

async function asksWhereItIs(file) {
  return (await readFile(file, 'utf8')).includes('import.meta.url');
}
