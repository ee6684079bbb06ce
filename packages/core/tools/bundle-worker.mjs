// Bundles what threads run and embeds it as a string in a TypeScript module, so that no file has to be
// found at run time: threads start in bundles, under any module system and package manager alike.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const threads = new URL('../src/node/threads/', import.meta.url);
const file = new URL('worker-code.generated.ts', threads);

await bundleWorker();

/** A tenth of a second, so that it is done whenever it may be needed. */
async function bundleWorker() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('worker.ts', threads))],
    bundle: true,
    minify: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    // Runtimes take the code for a script or for a module, which has no `require`.
    banner: {
      js: 'if(typeof require==="undefined")var require=name=>process.getBuiltinModule(name);',
    },
    logLevel: 'warning',
  });
  const code = JSON.stringify(outputFiles[0].text.trim());
  const module = `/** What threads run. */\nexport const workerCode: string =\n  ${code};\n`;
  // Left alone where nothing changed, as it is what others look at to see whether to build again.
  if ((await readFile(file, 'utf8').catch(() => '')) !== module) await writeFile(file, module);
}

/** Vitest loads this before tests, which run sources: what threads run is then made of the same. */
export function setup(project) {
  project.onTestsRerun(bundleWorker);
}
