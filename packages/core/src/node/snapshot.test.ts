import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { readSnapshot } from './read-snapshot.ts';
import type { SavedGeneration } from './snapshot-manifest.ts';
import { sealManifest } from './snapshot-manifest.ts';
import type { FileSource } from './write-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

/** More, where there is time for them: ten a second or two. */
const kills = Number(process.env.BITRYOSHKA_KILLS ?? 12);

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bitryoshka-snapshot-'));
  directory = join(root, 'some', 'folder');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const save = (value: string, files: Record<string, FileSource> = { 'a.txt': [text(value)] }) =>
  writeSnapshot(directory, { kind: 'test', settings: { value }, files });
const load = () =>
  readSnapshot(directory, 'test', async ({ settings, files }) => {
    const contents: Record<string, string> = {};
    for (const [name, file] of Object.entries(files)) {
      contents[name] = new TextDecoder().decode(await file.read());
    }
    return { settings, contents };
  });
const manifestPath = () => join(directory, 'bitryoshka.json');
async function dataFile(): Promise<string> {
  const [name] = (await readdir(directory)).filter((file) => file.endsWith('-a.txt'));
  return join(directory, name);
}
async function changeManifest(
  change: (manifest: Record<string, unknown>) => object,
): Promise<void> {
  const manifest = JSON.parse(await readFile(manifestPath(), 'utf8'));
  const { sha256: _, ...changed } = change(manifest) as Record<string, unknown>;
  await writeFile(manifestPath(), sealManifest(changed));
}
/** As the first version of the format had it. */
async function writeOldManifest(): Promise<void> {
  const { kind, settings, files } = JSON.parse(await readFile(manifestPath(), 'utf8'));
  const manifest = { format: 'bitryoshka', version: 1, kind, settings, files };
  await writeFile(manifestPath(), JSON.stringify(manifest));
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (BitryoshkaError.isInstance(error) ? error.code : error),
  );

describe('a snapshot', () => {
  it('gives back settings and files, in whole and in pieces', async () => {
    const large = new Uint8Array(9 * 1024 * 1024 + 1).map((_, i) => i % 251);
    async function* pieces() {
      yield large.subarray(0, 1000);
      yield new Uint8Array(0);
      yield large.subarray(1000);
    }
    await save('x', { 'large.bin': pieces(), 'empty.bin': [], 'a.txt': [text('4'), text('2')] });
    await readSnapshot(directory, 'test', async ({ settings, files }) => {
      expect(settings).toEqual({ value: 'x' });
      expect(Object.keys(files)).toEqual(['large.bin', 'empty.bin', 'a.txt']);
      expect(Buffer.compare((await files['large.bin']?.read()) ?? text(''), large)).toBe(0);
      expect(files['large.bin']?.bytes).toBe(large.length);
      expect(await files['empty.bin']?.read()).toHaveLength(0);
      const streamed: Uint8Array[] = [];
      for await (const piece of files['large.bin'].stream()) streamed.push(piece.slice());
      expect(streamed.length).toBeGreaterThan(1);
      expect(Buffer.compare(Buffer.concat(streamed), large)).toBe(0);
      for await (const piece of files['empty.bin'].stream()) expect(piece).toBeUndefined();
    });
    expect((await load()).contents['a.txt']).toBe('42');
  });

  it('replaces the one before, and leaves files of others alone', async () => {
    await save('old', { 'a.txt': [text('old')], 'b.txt': [text('gone')] });
    await writeFile(join(directory, 'notes.txt'), 'mine');
    await save('new');
    expect(await load()).toEqual({ settings: { value: 'new' }, contents: { 'a.txt': 'new' } });
    expect(
      (await readdir(directory)).map((name) => name.replace(/[0-9a-f]{16}/, '*')).sort(),
    ).toEqual(['bitryoshka-*-a.txt', 'bitryoshka.json', 'notes.txt']);
  });

  it('removes what killed saves have left, and nothing else', async () => {
    await save('x');
    const left = `bitryoshka-${'1'.repeat(16)}-`;
    const lock = JSON.stringify({ token: '1', pid: 2 ** 22 + 1, machine: 'elsewhere' });
    for (const name of [
      `${left}a.txt`,
      `${left}bitryoshka.json`,
      `bitryoshka.lock.${'2'.repeat(16)}`,
    ]) {
      await writeFile(join(directory, name), lock);
    }
    const kept = ['bitryoshka-notes.txt', 'bitryoshka.txt', `${left}A.txt`];
    for (const name of kept) await writeFile(join(directory, name), 'mine');
    await save('y');
    expect((await readdir(directory)).filter((name) => !name.endsWith('-a.txt')).sort()).toEqual(
      [...kept, 'bitryoshka.json'].sort(),
    );
    expect((await load()).contents['a.txt']).toBe('y');
  });

  it('removes nothing that a damaged manifest may have named before the next one is in its place', async () => {
    await save('x');
    await writeFile(manifestPath(), '{');
    function* failing() {
      yield text('half');
      throw new Error('the source has failed');
    }
    await expect(save('y', { 'a.txt': failing() })).rejects.toThrow('the source has failed');
    expect(await readFile(await dataFile(), 'utf8')).toBe('x');
  });

  it('of the first version is read, and replaced by one of the second', async () => {
    await save('old');
    await writeOldManifest();
    expect(await load()).toEqual({ settings: { value: 'old' }, contents: { 'a.txt': 'old' } });
    await save('new');
    expect(JSON.parse(await readFile(manifestPath(), 'utf8'))).toMatchObject({ version: 2 });
    expect(await readdir(directory)).toHaveLength(2);
  });

  it('is told apart from others, and asked for before it is replaced', async () => {
    const saved: SavedGeneration[] = [];
    const write = (checkReplace?: (current: SavedGeneration) => void) =>
      writeSnapshot(
        directory,
        { kind: 'test', settings: {}, files: {} },
        { checkReplace, onReplaced: (generation) => saved.push(generation) },
      );
    const asked: SavedGeneration[] = [];
    await write((current) => asked.push(current));
    expect(asked).toEqual([]);
    await write((current) => asked.push(current));
    expect(asked).toEqual([saved[0], saved[0]].map((each) => expect.objectContaining(each)));
    const refusal = new Error('not mine');
    await expect(
      write(() => {
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(saved).toHaveLength(2);
    await readSnapshot(directory, 'test', ({ generation, savedAt }) => {
      expect({ generation, savedAt }).toEqual(saved[1]);
    });
  });

  it('reports its files', async () => {
    const done: number[] = [];
    await writeSnapshot(
      directory,
      { kind: 'test', settings: {}, files: { a: [], b: [] } },
      { onProgress: (progress) => done.push(progress.done / progress.total) },
    );
    expect(done).toEqual([0, 0.5, 1]);
  });

  it('survives saves and loads that run at once', async () => {
    await save('0');
    const loads = async () => {
      for (let i = 0; i < 30; i++) {
        const { settings, contents } = await load();
        expect(settings).toEqual({ value: contents['a.txt'] });
      }
    };
    const saves = async (writer: number) => {
      for (let i = 0; i < 10; i++) await save(`${writer} ${i}`);
    };
    await Promise.all([loads(), saves(1), loads(), saves(2), saves(3)]);
    expect(((await load()).settings as { value: string }).value).toMatch(/^[123] 9$/);
  });

  it('is whole for a reader while a save replaces it', async () => {
    await save('old');
    const contents = await readSnapshot(directory, 'test', async ({ files }) => {
      await save('new');
      return new TextDecoder().decode(await files['a.txt']?.read());
    });
    expect(contents).toBe('old');
  });
});

describe('a save that fails leaves the snapshot and nothing else', () => {
  beforeEach(() => save('old'));
  afterEach(async () => {
    expect(await load()).toEqual({ settings: { value: 'old' }, contents: { 'a.txt': 'old' } });
    expect(await readdir(directory)).toHaveLength(2);
  });

  it('when a source throws', async () => {
    async function* failing() {
      yield text('half');
      await sleep(1);
      throw new Error('the source has failed');
    }
    await expect(save('new', { 'b.txt': [text('whole')], 'a.txt': failing() })).rejects.toThrow(
      'the source has failed',
    );
  });

  it('when it is aborted, at any point', async () => {
    for (let point = 0; point < 4; point++) {
      const controller = new AbortController();
      let passed = 0;
      const pass = () => passed++ === point && controller.abort(new Error('enough'));
      function* source() {
        pass();
        yield text('one');
        pass();
        yield text('two');
      }
      const contents = { kind: 'test', settings: {}, files: { a: source(), b: source() } };
      await expect(
        writeSnapshot(directory, contents, { signal: controller.signal }),
      ).rejects.toThrow('enough');
    }
    await expect(
      writeSnapshot(
        directory,
        { kind: 'test', settings: {}, files: {} },
        { signal: AbortSignal.abort(new Error('before')) },
      ),
    ).rejects.toThrow('before');
  });

  it('when it has other lines than were told', async () => {
    for (const lines of [0, 1, 3]) {
      const files = { 'a.txt': { pieces: [text('one\n'), text('two\n')], lines } };
      await expect(
        writeSnapshot(directory, { kind: 'test', settings: {}, files }),
      ).rejects.toMatchObject({
        code: 'write-failed',
        message: expect.stringContaining('2 lines'),
      });
    }
  });

  it('when its manifest is larger than readers allow', async () => {
    const settings = 'x'.repeat(16 * 1024 * 1024);
    await expect(
      writeSnapshot(directory, { kind: 'test', settings, files: {} }),
    ).rejects.toMatchObject({ code: 'write-failed' });
  });

  it('when what was written is gone, or another, before it is in its place', async () => {
    for (const change of [
      (path: string) => rm(path),
      (path: string) => writeFile(path, 'onf'),
      (path: string) => writeFile(path, 'more than one'),
    ]) {
      async function* source() {
        const [path] = (await readdir(directory)).filter((name) => name.endsWith('-b.txt'));
        await change(join(directory, path));
        yield text('two');
      }
      const files = { 'b.txt': [text('one')], 'a.txt': source() };
      await expect(
        writeSnapshot(directory, { kind: 'test', settings: {}, files }),
      ).rejects.toMatchObject({ code: 'write-failed' });
    }
  });

  it('when a name is not allowed', async () => {
    for (const name of ['../x', 'a/b', '', '.hidden', 'Ä', 'A', 'bitryoshka.json', '__proto__']) {
      const files = JSON.parse(`{ ${JSON.stringify(name)}: [] }`);
      expect(await codeOf(save('new', files))).toBe('invalid-option');
    }
  });

  it('when its settings cannot be written', async () => {
    await expect(
      writeSnapshot(directory, { kind: 'test', settings: { n: 1n }, files: { a: [] } }),
    ).rejects.toThrow(TypeError);
  });
});

it('fails when its folder is removed meanwhile, and leaves nothing', async () => {
  await save('old');
  async function* source() {
    yield text('half');
    await rm(directory, { recursive: true });
    yield text('whole');
  }
  expect(await codeOf(save('new', { 'a.txt': source() }))).toBe('write-failed');
  expect(await readdir(join(root, 'some'))).toEqual([]);
  await save('again');
  expect((await load()).contents['a.txt']).toBe('again');
});

it('refuses a folder that cannot be made', async () => {
  await writeFile(join(root, 'some'), 'a file');
  expect(await codeOf(save('x'))).toBe('write-failed');
});

describe('reading refuses', () => {
  it('a folder that is missing or holds no snapshot', async () => {
    expect(await codeOf(load())).toBe('file-not-found');
    await mkdir(directory, { recursive: true });
    expect(await codeOf(load())).toBe('file-not-found');
  });

  it('another kind', async () => {
    await save('x');
    expect(await codeOf(readSnapshot(directory, 'other', () => 0))).toBe('invalid-file');
  });

  it('manifests that are not ours', async () => {
    await save('x');
    for (const manifest of ['', '{', 'null', '[]', '3', '{}', '{"format":"other","version":1}']) {
      await writeFile(manifestPath(), manifest);
      expect(await codeOf(load())).toBe('invalid-file');
    }
  });

  it.each([
    ['a version that is no number', { version: '1' }, 'invalid-file'],
    ['a version that never was', { version: 0 }, 'invalid-file'],
    ['a newer version', { version: 3 }, 'unsupported-version'],
    ['no generation', { generation: undefined }, 'invalid-file'],
    ['a time that is none', { savedAt: 'now' }, 'invalid-file'],
    ['a missing kind', { kind: undefined }, 'invalid-file'],
    ['missing files', { files: undefined }, 'invalid-file'],
    ['a file that is no object', { files: { 'a.txt': 'x' } }, 'invalid-file'],
  ])('%s', async (_, change, code) => {
    await save('x');
    await changeManifest((manifest) => ({ ...manifest, ...change }));
    expect(await codeOf(load())).toBe(code);
  });

  it('files outside the folder', async () => {
    await save('x');
    await writeFile(join(root, 'some', 'secret'), 'x');
    for (const path of [
      '../secret',
      '/etc/passwd',
      `bitryoshka-${'0'.repeat(16)}-/../../secret`,
      'bitryoshka.json',
    ]) {
      await changeManifest((manifest) => ({
        ...manifest,
        files: { 'a.txt': { path, bytes: 1, sha256: '0'.repeat(64) } },
      }));
      expect(await codeOf(load())).toBe('invalid-file');
    }
  });

  it('a manifest of which anything has changed', async () => {
    await save('x');
    const whole = await readFile(manifestPath(), 'utf8');
    for (const [from, to] of [
      ['"value": "x"', '"value": "y"'],
      ['"version": 2', '"version": 1'],
      ['"kind": "test"', '"kind": "test" '],
      ['"savedAt": 1', '"savedAt": 2'],
    ]) {
      expect(whole).toContain(from);
      await writeFile(manifestPath(), whole.replace(from, to));
      expect(await codeOf(load())).toBe('checksum-mismatch');
    }
  });

  it('missing, shortened, lengthened and altered files', async () => {
    await save('some text');
    const path = await dataFile();
    const stream = () =>
      readSnapshot(directory, 'test', async ({ files }) => {
        for await (const piece of files['a.txt'].stream()) expect(piece).toBeUndefined();
      });
    for (const [contents, code] of [
      ['some tex', 'truncated-file'],
      ['some text!', 'checksum-mismatch'],
      ['sOme text', 'checksum-mismatch'],
    ] as const) {
      await writeFile(path, contents);
      expect(await codeOf(load())).toBe(code);
      expect(await codeOf(stream())).toBe(code);
    }
    await rm(path);
    expect(await codeOf(load())).toBe('truncated-file');
  });

  it('to go on after an abort', async () => {
    await save('x');
    const controller = new AbortController();
    const reading = readSnapshot(
      directory,
      'test',
      ({ files }) => {
        controller.abort(new Error('enough'));
        return files['a.txt']?.read();
      },
      { signal: controller.signal },
    );
    await expect(reading).rejects.toThrow('enough');
  });
});

/** Saves in another process, which needs the sources compiled. */
describe.skipIf(process.platform === 'win32')('in another process', () => {
  let program: string;

  beforeEach(async () => {
    const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
    const compiler = source('../../../../node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [
      compiler,
      source('write-snapshot.ts'),
      '--ignoreConfig',
      '--rewriteRelativeImportExtensions',
      '--skipLibCheck',
      ...Object.entries({
        outDir: join(root, 'compiled'),
        rootDir: source('..'),
        module: 'nodenext',
        target: 'es2023',
        types: 'node',
        typeRoots: source('../../../../node_modules/@types'),
      }).flatMap(([option, value]) => [`--${option}`, value]),
    ]);
    expect(status, String(stdout)).toBe(0);
    program = join(root, 'program.mjs');
    await writeFile(join(root, 'package.json'), '{ "type": "module" }');
    const module = pathToFileURL(join(root, 'compiled', 'node', 'write-snapshot.js'));
    await writeFile(
      program,
      `import { writeSnapshot } from ${JSON.stringify(module.href)};
      const [directory, pieces, saves] = process.argv.slice(2);
      for (let i = 0; i < Number(saves); i++) {
        const value = 'save ' + i + ' ';
        const source = function* () {
          for (let j = 0; j < Number(pieces); j++) yield new TextEncoder().encode(value.repeat(1000));
        };
        try {
          await writeSnapshot(directory, {
            kind: 'test',
            settings: { value },
            files: { 'a.txt': source(), 'b.txt': source() },
          });
        } catch (error) {
          console.log(error.code);
          process.exit(1);
        }
        console.log(value);
      }`,
    );
  });

  it(
    'a kill at any moment of a save leaves a whole snapshot, and the next save nothing else',
    async () => {
      for (let kill = 0; kill < kills; kill++) {
        const child = spawn(process.execPath, [program, directory, '30', '1000000']);
        await once(child.stdout, 'data');
        await sleep(Math.random() * 25);
        child.kill('SIGKILL');
        await once(child, 'exit');
        const { settings, contents } = await load();
        const { value } = settings as { value: string };
        expect(value).toMatch(/^save \d+ $/);
        for (const name of ['a.txt', 'b.txt']) {
          expect(contents[name] === value.repeat(30_000)).toBe(true);
        }
      }
      await save('after all');
      expect((await load()).contents['a.txt']).toBe('after all');
      expect(await readdir(directory)).toHaveLength(2);
    },
    60_000 + kills * 1000,
  );

  it('saves of several processes at once never mix', async () => {
    const children = [1, 2, 3].map(() => spawn(process.execPath, [program, directory, '3', '20']));
    const exits = children.map((child) => once(child, 'exit'));
    expect((await Promise.all(exits)).map(([code]) => code)).toEqual([0, 0, 0]);
    const { settings, contents } = await load();
    const { value } = settings as { value: string };
    expect(value).toBe('save 19 ');
    expect(Object.values(contents)).toEqual([value.repeat(3000), value.repeat(3000)]);
    expect(await readdir(directory)).toHaveLength(3);
  });

  it('a limit on the size of files is an error, and leaves the snapshot and nothing else', async () => {
    await save('old');
    // The limit stands in for a full disk: writes begin to fail midway. It is counted in blocks.
    const { stdout, status } = spawnSync('sh', [
      '-c',
      `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`,
      process.execPath,
      program,
      directory,
      '100',
      '1',
    ]);
    expect([status, String(stdout).trim()]).toEqual([1, 'write-failed']);
    expect((await load()).contents).toEqual({ 'a.txt': 'old' });
    expect(await readdir(directory)).toHaveLength(2);
  });
});
