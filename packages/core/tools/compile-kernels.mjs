// Compiles the AssemblyScript kernels and embeds them in TypeScript modules, so that no file has to be
// found at run time: the same import works in Node, bundlers, browsers and workers. As hexadecimal digits:
// what is downloaded is compressed, and base64, which cuts bytes apart, compresses worse by a third.
// Their functions are called by the names of their parameters, as the compiler knows them: nobody counts
// seventeen numbers, here and there.
import { readdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const kernels = new URL('../src/kernels/', import.meta.url);
const builds = [
  {
    source: 'scan-kernel.ts',
    binary: { file: 'scan/scan-wasm-binary.generated.ts', name: 'scanWasmBinary' },
    border: { file: 'scan/scan-exports.generated.ts', name: 'ScanExports' },
    flags: [],
  },
  {
    // For memory that threads share, which is given to it.
    source: 'scan-kernel.ts',
    binary: { file: 'scan/shared-wasm-binary.generated.ts', name: 'sharedWasmBinary' },
    flags: [
      ['--importMemory', '--sharedMemory', '--maximumMemory', '65536'],
      ['--enable', 'threads'],
    ].flat(),
  },
  {
    source: 'matrix-kernel.ts',
    binary: { file: 'matrix/matrix-wasm-binary.generated.ts', name: 'matrixWasmBinary' },
    border: { file: 'matrix/matrix-exports.generated.ts', name: 'MatrixExports' },
    flags: [],
  },
  {
    source: 'graph-kernel.ts',
    binary: { file: 'graph/graph-wasm-binary.generated.ts', name: 'graphWasmBinary' },
    border: { file: 'graph/graph-exports.generated.ts', name: 'GraphExports' },
    flags: [],
  },
];

for (const build of builds) if (!(await isUpToDate(build))) await compile(build);

async function compile({ source, binary, border, flags }) {
  const written = {};
  const { error } = await asc.main(
    [
      source,
      '--baseDir',
      fileURLToPath(new URL('assembly/', kernels)),
      '--outFile',
      'kernels.wasm',
      '--bindings',
      'raw',
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
      writeFile: (name, contents) => {
        written[name] = contents;
      },
    },
  );
  if (error) throw error;
  const digits = Buffer.from(written['kernels.wasm']).toString('hex');
  await writeFile(
    new URL(binary.file, kernels),
    `/** Compiled from \`assembly/${source}\`. */\nexport const ${binary.name}: string =\n  '${digits}';\n`,
  );
  if (!border) return;
  const functions = functionsOf(written['kernels.d.ts']);
  await writeFile(new URL(border.file, kernels), borderOf(border.name, source, functions));
}

/** The functions that the compiler declares, and their parameters. */
function functionsOf(declarations) {
  const lines = declarations.match(/^ {2}export function .*$/gm);
  return lines.map((line) => {
    const [, name, list, result] = /function (\w+)\((.*)\): (\w+);$/.exec(line);
    const parameters = list === '' ? [] : list.split(', ').map((part) => part.split(': '));
    return { name, parameters, result };
  });
}

/** What calls each function by the names of its parameters, if there are several. */
function borderOf(typeName, source, functions) {
  const declarations = functions.map(({ name, parameters, result }) => {
    const list = parameters.map(([parameter, type]) => `${parameter}: ${type}`);
    if (list.length < 2) return `  readonly ${name}: (${list}) => ${result};`;
    const fields = list.map((field) => `    readonly ${field};\n`).join('');
    return `  readonly ${name}: (given: {\n${fields}  }) => ${result};`;
  });
  const calls = functions.map(({ name, parameters }) => {
    if (parameters.length < 2) return `    ${name},`;
    const values = parameters.map(([parameter]) => `given.${parameter}`).join(', ');
    return `    ${name}: (given) => ${name}(${values}),`;
  });
  const names = functions.map(({ name }) => name);
  return `/** What \`assembly/${source}\` exports. */
export interface ${typeName} {
  readonly memory: WebAssembly.Memory;
${declarations.join('\n')}
}

type Positional = (...given: (number | boolean)[]) => number;

export function ${typeName[0].toLowerCase()}${typeName.slice(1)}({ exports }: WebAssembly.Instance): ${typeName} {
  const { memory } = exports as { readonly memory: WebAssembly.Memory };
  const { ${names.join(', ')} } = exports as Record<string, unknown> as Record<
    ${names.map((name) => `'${name}'`).join(' | ')},
    Positional
  >;
  return {
    memory,
${calls.join('\n')}
  };
}
`;
}

async function isUpToDate({ binary, border }) {
  const files = [binary, border].filter(Boolean).map(({ file }) => new URL(file, kernels));
  const written = Math.min(...(await Promise.all(files.map(modified))));
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
