// Makes the index, and bundles it with the function into one folder. Usage: node build.mjs [OUT] [FOLDER of Markdown]
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Of what a cold start reads; platforms have limits for all of it. */
const mostIndexBytes = 10e6;
const [out = here('dist'), folder = here('../../docs/use')] = process.argv.slice(2);

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

// A section is what an answer shows. Vectors of four bits a value: no floats go along.
const files = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
const sections = [];
for (const source of files) {
  const text = (await readFile(join(folder, source), 'utf8')).replace(/^```.*?^```$/gms, '');
  const [title, ...parts] = text.split(/^#+ /m).slice(1);
  for (const part of parts) {
    const [heading] = part.split('\n', 1);
    sections.push({
      pageContent: `${title.split('\n')[0]}: ${part.trim()}`,
      metadata: { source, heading },
    });
  }
}
const store = new BinaryVectorStore(new MatryoshkaEmbeddings(), { storage: 'int4', hybrid: true });
await store.addDocuments(sections);
await store.save(join(out, 'index'));
const { vectorBytes, codeBytes } = store.stats();
await store.close();

// One file of code, and the model beside it, which is loaded with the first question.
await build({
  entryPoints: { handler: here('handler.mjs') },
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'error',
  // What is CommonJS in a bundle asks for Node's own modules by require.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
});
const index = await folderBytes(join(out, 'index'));
if (index > mostIndexBytes) {
  throw new Error(`The index: got ${index} bytes, expected at most ${mostIndexBytes}.`);
}
const bytesPerVector = (vectorBytes + codeBytes) / sections.length;
console.log(`${sections.length} sections, ${bytesPerVector} bytes for each vector`);
console.log(`index: ${megabytes(index)}, all: ${megabytes(await folderBytes(out))}`);

async function folderBytes(path) {
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(path, name))));
  return sizes.filter((one) => one.isFile()).reduce((sum, { size }) => sum + size, 0);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
