// Compiles the AssemblyScript kernels and embeds them as base64 in TypeScript modules, so that no
// file has to be found at run time: the same import works in Node, bundlers, browsers and workers.
import { readdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const kernels = new URL('../src/kernels/', import.meta.url);
const builds = [
  {
    source: 'index.ts',
    file: 'wasm-binary.generated.ts',
    name: 'wasmBinary',
    what: 'The compiled kernels.',
    flags: [],
  },
  {
    source: 'graph.ts',
    file: 'graph-wasm-binary.generated.ts',
    name: 'graphWasmBinary',
    what: 'The compiled kernel of graphs.',
    flags: [],
  },
  {
    source: 'index.ts',
    file: 'shared-wasm-binary.generated.ts',
    name: 'sharedWasmBinary',
    what: 'The compiled kernels for memory that threads share, which is given to them.',
    flags: [
      ['--importMemory', '--sharedMemory', '--maximumMemory', '65536'],
      ['--enable', 'threads'],
    ].flat(),
  },
];

for (const build of builds) if (!(await isUpToDate(build))) await compile(build);

async function compile({ source, file, name, what, flags }) {
  let binary;
  const { error } = await asc.main(
    [
      source,
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
      ...flags,
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
    new URL(file, kernels),
    `/** ${what} */\nexport const ${name}: string =\n  '${Buffer.from(binary).toString('base64')}';\n`,
  );
}

async function isUpToDate({ file }) {
  const written = await modified(new URL(file, kernels));
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
