// Compiles the AssemblyScript kernels and embeds them as base64 in a TypeScript module, so that no
// file has to be found at run time: the same import works in Node, bundlers, browsers and workers.
import { readdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const kernels = new URL('../src/kernels/', import.meta.url);
const generated = new URL('wasm-binary.generated.ts', kernels);

if (await isUpToDate()) process.exit(0);

let binary;
const { error } = await asc.main(
  [
    'index.ts',
    '--baseDir',
    fileURLToPath(new URL('assembly/', kernels)),
    '--outFile',
    'kernels.wasm',
    '--optimizeLevel',
    '3',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
  ],
  {
    // Its diagnostics go where this script's would.
    stderr: process.stderr,
    writeFile: (_name, contents) => {
      binary = contents;
    },
  },
);
if (error) throw error;
await writeFile(
  generated,
  `/** The compiled kernels. */\nexport const wasmBinary: string =\n  '${Buffer.from(binary).toString('base64')}';\n`,
);

async function isUpToDate() {
  const written = await modified(generated);
  const folder = new URL('assembly/', kernels);
  const sources = (await readdir(folder)).map((name) => new URL(name, folder));
  const times = await Promise.all([...sources, new URL(import.meta.url)].map(modified));
  return times.every((time) => time < written);
}

async function modified(file) {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
