import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import { graph } from '../search/finders/graph/graph.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { loadIndexFile, saveIndexFile } from './index-file.ts';
import { bundleProgram } from './threads/bundle-program.suite.ts';

const directory = mkdtempSync(join(tmpdir(), 'bitryoshka-index-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const random = seededRandom(6);
const vectors = Array.from({ length: 3000 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });

async function linked(): Promise<BinaryIndex> {
  const index = new BinaryIndex({ quantizer, storage: 'float16' });
  index.add(vectors);
  await index.attach(graph());
  return index;
}

it('comes back from a file, and says how far it is', async () => {
  const index = await linked();
  const file = join(directory, 'index');
  const saved: number[] = [];
  const loads: number[] = [];
  await saveIndexFile(index, file, { onProgress: ({ done, total }) => saved.push(done / total) });
  expect(saved.at(-1)).toBe(1);
  const loaded = await loadIndexFile(file, {
    onProgress: ({ done, total }) => loads.push(done / total),
  });
  expect(loads).toEqual(loads.toSorted((a, b) => a - b));
  expect(loads.at(-1)).toBe(1);
  const options = { k: 10, efSearch: 40, rerank: 40 };
  for (const query of vectors.slice(0, 30)) {
    expect(loaded.search(query, options)).toEqual(index.search(query, options));
  }
});

it('leaves what was there when it is aborted, or the index changes', async () => {
  const index = await linked();
  const file = join(directory, 'kept');
  await writeFile(file, 'before');
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  await expect(
    saveIndexFile(index, file, { signal: controller.signal, onProgress }),
  ).rejects.toThrow('enough');
  const change = () => void index.add(vectors.slice(0, 1));
  await expect(saveIndexFile(index, file, { onProgress: change })).rejects.toMatchObject({
    code: 'not-supported',
  });
  await expect(saveIndexFile(index, join(directory, 'none/x'))).rejects.toMatchObject({
    code: 'write-failed',
  });
  expect(await readFile(file, 'utf8')).toBe('before');
  expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  await expect(loadIndexFile(join(directory, 'missing'))).rejects.toMatchObject({
    code: 'file-not-found',
  });
  await expect(loadIndexFile(file)).rejects.toMatchObject({ code: 'truncated-file' });
});

it('opens as the old one or as the new one, whenever saving is killed', async () => {
  const file = join(directory, 'killed');
  const old = await linked();
  await saveIndexFile(old, file);
  const program = await bundleProgram(
    `import { loadIndexFile, saveIndexFile } from '@bitryoshka/core/node';
     async function main() {
       const index = await loadIndexFile(process.argv[2]);
       index.add(Array.from({ length: 20 }, (_, i) => Array.from({ length: 24 }, (_, j) => Math.sin(i * j + 1))));
       process.stdout.write('ready');
       for (;;) await saveIndexFile(index, process.argv[2]);
     }
     main();`,
    join(directory, 'save.mjs'),
  );
  const rows = new Set<number>();
  for (let moment = 0; moment < 12; moment++) {
    await saveIndexFile(old, file);
    const child = spawn(process.execPath, [program, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 3 * moment));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    rows.add((await loadIndexFile(file)).rows);
  }
  expect([...rows].every((count) => count === 3000 || count === 3020)).toBe(true);
});
