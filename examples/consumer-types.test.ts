import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { here, isBuilt } from './run-node.suite.ts';

const program = here('../tools/install-matrix/fixtures/types/consumer.ts');
const packages = here('../packages');
/** A module and, where the difference exists, a CommonJS program. */
const resolutions = [
  ['bundler', 'esnext', ['consumer.mts']],
  ['node16', 'node16', ['consumer.mts', 'consumer.cts']],
  ['nodenext', 'nodenext', ['consumer.mts', 'consumer.cts']],
] as const;

it('the program imports from every entry', () => {
  const imported = new Set(
    [...readFileSync(program, 'utf8').matchAll(/ from '(.+)';/g)].map(([, from]) => from),
  );
  const missing = entries().filter((entry) => !imported.has(entry));
  expect(missing).toEqual([]);
});

describe.skipIf(!isBuilt)('TypeScript accepts the packages (needs a build)', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-types-'));
    symlinkSync(here('node_modules'), join(folder, 'node_modules'), 'junction');
    for (const extension of ['mts', 'cts']) {
      copyFileSync(program, join(folder, `consumer.${extension}`));
    }
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(resolutions)('moduleResolution %s', (moduleResolution, module, files) => {
    const compilerOptions = {
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: 'es2022',
      typeRoots: [here('../node_modules/@types')],
      types: ['node'],
    };
    const config = join(folder, `tsconfig.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files }));
    const compiler = here('../node_modules/typescript/bin/tsc');
    const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', config], {
      encoding: 'utf8',
    });
    expect({ status, errors: stdout + stderr }).toEqual({ status: 0, errors: '' });
  });
});

/** Everything with types that the packages export. */
function entries(): string[] {
  return readdirSync(packages).flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
    return Object.keys(manifest.exports)
      .filter((entry) => typeof manifest.exports[entry] !== 'string')
      .map((entry) => manifest.name + entry.slice(1));
  });
}
