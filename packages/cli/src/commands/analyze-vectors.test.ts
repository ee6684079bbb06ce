import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Drift, VectorStatistics } from '@bitryoshka/core/analysis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../main.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';

let folder: string;

const output = captureOutput();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'analyze-'));
  // 0 to 99, the same shuffled, a constant, mostly positive.
  const rows = Array.from({ length: 100 }, (_, i) => [
    i - 49.5,
    ((i * 37) % 100) - 49.5,
    7,
    i % 20 === 0 ? -1 : 1 + i / 1000,
  ]);
  await write('old', rows);
  await write(
    'new',
    rows.map(([a = 0, ...rest]) => [a + 80, ...rest]),
  );
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('analyze', () => {
  it('prints a summary, and the dimensions that stand out with the reason', async () => {
    await run('old.f32');
    expect(output.printed).toMatch(/old\.f32: 100 vectors of 4 dimensions\n/);
    expect(output.printed).toMatch(/anisotropy +0\.220 /);
    expect(output.printed).toMatch(/effective rank +2\.0 of 4\n/);
    expect(output.printed).toMatch(/sign bits +entropy 0\.57\d on average, 0\.000 at least\n/);
    expect(output.printed).toMatch(
      /leading half +9\d\.\d % of the energy, 100\.0 % of the variance; it does/,
    );
    expect(output.printed).toMatch(/2 notable dimensions:/);
    expect(output.printed).toMatch(
      /2 +│ +7\.00 │ +0\.00 │ +│ +│ 100\.0 % │ +0\.000 │ +almost constant/,
    );
    expect(output.printed).toMatch(/3 +│ .* │ +95\.0 % │ +0\.286 │ +unbalanced bit, heavy tails/);
    expect(output.printed).not.toMatch(/drift/);
  });

  it('says how far the vectors moved, and what to do', async () => {
    await run('new', '--against', 'old');
    expect(output.printed).toMatch(
      /drift from .*old: [1-9]\.\d+, fit the quantizer again \(refit\)/,
    );
    expect(output.printed).toMatch(/\n│ 0 +│ \d\.\d+ │ +0\.8\d+ │ +\+50\.0 % │\n│ 1 /);
    output.printed = '';
    await run('old', '--against', 'old');
    expect(output.printed).toMatch(/drift from .*old: 0\.000, nothing to do \(none\)/);
  });

  it('prints one object as JSON', async () => {
    await run('new', '--json', '--against', 'old');
    const { statistics, drift } = JSON.parse(output.printed) as {
      statistics: VectorStatistics;
      drift: Drift;
    };
    expect(statistics.count).toBe(100);
    expect(statistics.dimensions[0]?.mean).toBe(80);
    expect(drift).toMatchObject({ recommendation: 'refit', worst: { 0: { dimension: 0 } } });
    output.printed = '';
    await run('new', '--json');
    expect(Object.keys(JSON.parse(output.printed) as object)).toEqual(['statistics']);
  });

  it('takes BEIR folders by the subfolder of their vectors', async () => {
    await mkdir(join(folder, 'set/model'), { recursive: true });
    await write('set/model/corpus', [[1], [2], [4]]);
    await run('set', '--vectors', 'model', '--against', 'set');
    expect(output.printed).toMatch(/set: 3 vectors of 1 dimensions/);
    expect(output.printed).toMatch(/: 0\.000, nothing to do/);
  });

  it('says so when no dimension stands out', async () => {
    await write('plain', [[-1], [1], [-2], [2]]);
    await run('plain');
    expect(output.printed).toMatch(/No dimension stands out\./);
  });

  it.each([
    [['none'], 1, /none\.json: ENOENT/],
    [['old', '--vectors', 'model'], 1, /corpus\.json: ENOENT/],
    [['old', '--against', 'narrow'], 1, /current: got 4 dimensions, expected 2/],
    [['empty'], 1, /expected at least one of each/],
    [['broken'], 1, /got NaN at dimension 1/],
    [[], 2, /missing required argument/],
  ])('refuses %j', async (call, exitCode, message) => {
    await write('narrow', [[1, 2]]);
    await write('broken', [[1, Number.NaN]]);
    await writeFile(join(folder, 'empty.json'), '{ "ids": [], "dims": 3 }');
    await writeFile(join(folder, 'empty.f32'), '');
    await run(...call);
    expect(output.complained).toMatch(message);
    expect(process.exitCode).toBe(exitCode);
    expect(output.printed).toBe('');
  });
});

/** Names of files and folders are those in the test's folder. */
async function run(...call: string[]): Promise<void> {
  const inFolder = call.map((word, i) =>
    word.startsWith('--') || call[i - 1] === '--vectors' ? word : join(folder, word),
  );
  await main(['node', 'bitryoshka', 'analyze', ...inFolder]);
}

async function write(name: string, rows: readonly (readonly number[])[]): Promise<void> {
  const path = join(folder, name);
  const ids = rows.map((_, i) => `v${i}`);
  await writeFile(`${path}.json`, JSON.stringify({ ids, dims: rows[0]?.length }));
  await writeFile(`${path}.f32`, Buffer.from(Float32Array.from(rows.flat()).buffer));
}
