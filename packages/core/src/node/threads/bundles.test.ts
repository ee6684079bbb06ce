import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleProgram } from './bundle-program.suite.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'bitryoshka-bundles-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Pools that are not closed do not keep a program from ending. */
const program = `
  import { BinaryIndex, fitQuantizer } from '@bitryoshka/core';
  import { fitQuantizerInThread, SearchPool } from '@bitryoshka/core/node';
  async function main() {
    const vectors = Array.from({ length: 300 }, (_, i) =>
      Array.from({ length: 16 }, (_, j) => Math.sin(i * 16 + j * j)));
    const options = { kind: 'itq', bits: 16 };
    const quantizer = await fitQuantizerInThread(vectors, options);
    const isSame = String(quantizer.save()) === String((await fitQuantizer(vectors, options)).save());
    const index = new BinaryIndex({ quantizer });
    index.add(vectors);
    const found = await new SearchPool(index, { workers: 2 }).searchBatch(vectors, { k: 4 });
    const expected = vectors.map((vector) => index.search(vector, { k: 4 }));
    console.log(isSame, JSON.stringify(found) === JSON.stringify(expected));
  }
  main();
`;

async function runNode(...options: string[]): Promise<string> {
  return (await run(process.execPath, options, { cwd: directory })).stdout.trim();
}

describe('a program in one file', () => {
  it.each(['program.mjs', 'program.cjs'])('has threads: %s', async (name) => {
    const file = await bundleProgram(program, join(directory, name));
    expect(await runNode(file)).toBe('true true');
  });

  it.each([
    ['module', 'mjs'],
    ['commonjs', 'cjs'],
  ])('has threads without a file, of --input-type=%s', async (type, extension) => {
    const file = await bundleProgram(program, join(directory, `text.${extension}`));
    // As an argument a program may not be as long as this: it is read from its input.
    const child = run(process.execPath, [`--input-type=${type}`], { cwd: directory });
    child.child.stdin?.end(await readFile(file));
    expect((await child).stdout.trim()).toBe('true true');
  });

  it('has threads with --input-type=module -e', async () => {
    const library = await bundleProgram(
      "export * from '@bitryoshka/core'; export * from '@bitryoshka/core/node';",
      join(directory, 'library.mjs'),
    );
    const text = program.replaceAll(/'@bitryoshka\/core(\/node)?'/g, JSON.stringify(library));
    expect(await runNode('--input-type=module', '-e', text)).toBe('true true');
  });

  it('is told where threads are not permitted, and goes on', async () => {
    const text = `
      import { fitQuantizerInThread, SearchPool } from '@bitryoshka/core/node';
      import { BinaryIndex, fitQuantizer } from '@bitryoshka/core';
      const [vectors, options] = [[[1, 2], [3, -4]], { kind: 'sign', bits: 2 }];
      const index = new BinaryIndex({ quantizer: await fitQuantizer(vectors, options) });
      index.add(vectors);
      const pool = new SearchPool(index);
      const say = ({ code, cause }) => console.log(code, cause.code);
      await fitQuantizerInThread(vectors, options).catch(say);
      await pool.searchBatch(vectors, { k: 1 }).catch(say);
    `;
    const file = await bundleProgram(text, join(directory, 'permissions.mjs'));
    const flags = ['--permission', '--experimental-permission'];
    const flag = flags.find((each) => process.allowedNodeEnvironmentFlags.has(each)) as string;
    const refused = 'thread-failed ERR_ACCESS_DENIED';
    expect(await runNode(flag, '--allow-fs-read=*', file)).toBe(`${refused}\n${refused}`);
  });

  it('for browsers has none of it', async () => {
    const file = await bundleProgram(
      "export * from '@bitryoshka/core';",
      join(directory, 'browser.mjs'),
    );
    expect(await readFile(file, 'utf8')).not.toMatch(/worker_threads|fitQuantizerTask/);
  });
});
