import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { loadIndexFile } from './index-file.ts';
import { readJudgements } from './read-beir-folder.ts';
import { readBeirTitles } from './read-beir-titles.ts';
import { readBytes } from './read-file.ts';
import { readSnapshot } from './read-snapshot.ts';
import { readStsPairs } from './read-sts-pairs.ts';
import { readVectorBlocks } from './read-vector-blocks.ts';
import { readVectors } from './read-vectors.ts';
import { sealManifest } from './snapshot-manifest.ts';
import { verifySnapshot } from './verify-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-unusual-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const save = () =>
  writeSnapshot(folder, { kind: 'test', settings: {}, files: { a: [new Uint8Array(100)] } });
async function openSnapshot(): Promise<unknown> {
  return readSnapshot(folder, 'test', async ({ files }) => {
    for await (const piece of files.a.stream()) expect(piece).toHaveLength(100);
    await files.a.source();
    return files.a.read();
  });
}
async function allBlocks(path: string): Promise<void> {
  for await (const block of readVectorBlocks(path)) expect(block.rows).toBe(1);
}
const description = () => writeFile(at('vectors.json'), '{"ids":["a"],"dims":2}');
const vectors = () => writeFile(at('vectors.f32'), new Uint8Array(8));

/** By what reads it: the file that is unusual, and how it is read. */
const readers: [string, () => Promise<string>, () => Promise<unknown>][] = [
  ['bytes', async () => at('file'), () => readBytes(at('file'))],
  ['an index', async () => at('index'), () => loadIndexFile(at('index'))],
  [
    'vectors',
    async () => {
      await description();
      return at('vectors.f32');
    },
    () => readVectors(at('vectors')),
  ],
  [
    'blocks of vectors',
    async () => {
      await description();
      return at('vectors.f32');
    },
    () => allBlocks(at('vectors')),
  ],
  [
    'the ids of vectors',
    async () => {
      await vectors();
      return at('vectors.json');
    },
    () => readVectors(at('vectors')),
  ],
  ['judgements', async () => at('test.tsv'), () => readJudgements(at('test.tsv'))],
  ['titles', async () => at('corpus.jsonl'), () => readBeirTitles(folder)],
  ['pairs', async () => at('sts.csv'), () => readStsPairs(at('sts.csv'))],
  [
    'a manifest',
    async () => {
      await save();
      await rm(at('bitryoshka.json'));
      return at('bitryoshka.json');
    },
    openSnapshot,
  ],
  [
    'a file of a snapshot',
    async () => {
      await save();
      const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('-a'));
      await rm(at(name));
      return at(name);
    },
    openSnapshot,
  ],
];

const nested = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
const unusual: [string, (path: string) => unknown][] = [
  ['a pipe', (path) => execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
  ['a device without end', (path) => symlink('/dev/zero', path)],
  ['a terminal', (path) => symlink('/dev/tty', path)],
  ['a folder', (path) => mkdir(path)],
  ['a link to itself', (path) => symlink(path, path)],
  [
    'full of holes',
    async (path) => {
      await writeFile(path, '');
      await truncate(path, 2 ** 36);
    },
  ],
  ['nested deep', (path) => writeFile(path, nested)],
];

async function refusal(read: () => Promise<unknown>): Promise<BitryoshkaError> {
  const start = performance.now();
  const before = process.memoryUsage().rss;
  const error = await read().catch((cause: unknown) => cause);
  expect(performance.now() - start).toBeLessThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  expect(BitryoshkaError.isInstance(error), String(error)).toBe(true);
  return error as BitryoshkaError;
}

describe.skipIf(process.platform === 'win32')('a file that is', () => {
  for (const [what, make] of unusual) {
    it.each(readers)(`${what} is refused at once as %s`, async (name, prepare, read) => {
      // Any bytes are bytes, and the first line of judgements is not read.
      if (what === 'nested deep' && ['bytes', 'judgements'].includes(name)) return;
      const path = await prepare();
      await make(path);
      const { message } = await refusal(read);
      expect(message).toContain(path);
    });

    it(`${what} is said to be damaged where a snapshot is verified`, async () => {
      await save();
      const names = (await readdir(folder)).sort();
      for (const name of names) {
        await rm(at(name));
        await make(at(name));
      }
      const { manifest, files } = await verifySnapshot(folder);
      expect(manifest).toBeUndefined();
      expect(files.map(({ path, state }) => [path, state])).toEqual([
        ['bitryoshka.json', 'damaged'],
        [names.find((name) => name.endsWith('-a')), 'unnamed'],
      ]);
    });

    it(`${what} in the place of a manifest is no obstacle to a save, but for a folder`, async () => {
      await make(at('bitryoshka.json'));
      if (what === 'a folder') {
        await expect(save()).rejects.toMatchObject({ code: 'write-failed' });
        expect(await readdir(folder)).toEqual(['bitryoshka.json']);
      } else {
        await save();
        await openSnapshot();
      }
    });
  }
});

describe('a manifest with right checksums is refused with', () => {
  const file = { path: `bitryoshka-${'0'.repeat(16)}-a`, bytes: 100, sha256: '0'.repeat(64) };
  const whole = {
    format: 'bitryoshka',
    version: 2,
    kind: 'test',
    generation: '0'.repeat(16),
    savedAt: 1,
    settings: {},
    files: { a: file },
  };
  const deep: unknown = JSON.parse(nested);
  const wrong: [string, object][] = [
    ...[-1, 0.5, 2 ** 53, '100', null, [100], {}, true, deep].map((bytes): [string, object] => [
      `bytes: ${typeof bytes} ${String(bytes).slice(0, 20)}`,
      { files: { a: { ...file, bytes } } },
    ]),
    ...['../a', '/etc/passwd', 'a', '', '.', null, 3, [file.path], deep].map(
      (path): [string, object] => [`path: ${String(path)}`, { files: { a: { ...file, path } } }],
    ),
    ...['', '0', 'g'.repeat(64), 0, null, deep].map((sha256): [string, object] => [
      `sha256: ${String(sha256)}`,
      { files: { a: { ...file, sha256 } } },
    ]),
    ...['../a', '', 'A', '__proto__'].map((name): [string, object] => [
      `the name "${name}"`,
      { files: JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(file)}}`) },
    ]),
    ...[null, [], 3, deep].map((files): [string, object] => [`files: ${String(files)}`, { files }]),
    ['a file that is none', { files: { a: file.path } }],
    ['settings nested deep', { settings: deep }],
    ['a kind that is no text', { kind: ['test'] }],
    ['a version between', { version: 1.5 }],
    ['a generation that is a path', { generation: '../../../../../a' }],
    ['a file that is not there', {}],
  ];

  it.each(wrong)('%s', async (_, change) => {
    await writeFile(at('bitryoshka.json'), seal({ ...whole, ...change }));
    const { message } = await refusal(openSnapshot);
    expect(message).toContain(folder);
  });

  it('a size that the file does not have', async () => {
    for (const bytes of [0, 99, 101, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      await writeFile(at(file.path), new Uint8Array(100));
      await writeFile(at('bitryoshka.json'), seal({ ...whole, files: { a: { ...file, bytes } } }));
      const { message } = await refusal(openSnapshot);
      expect(message).toContain(file.path);
    }
  });

  /** What is nested deep cannot be written as usual. */
  function seal(manifest: object): Uint8Array {
    const isDeep = (value: unknown) => value === deep;
    const mark = 'nested deep';
    const text = JSON.stringify(manifest, (_, value: unknown) => (isDeep(value) ? mark : value));
    if (!text.includes(mark)) return sealManifest(JSON.parse(text));
    return new TextEncoder().encode(text.replace(`"${mark}"`, nested));
  }
});

it('vectors whose description counts too much are refused before room is made for them', async () => {
  await vectors();
  for (const text of [
    '{"ids":["a"],"dims":9007199254740991}',
    '{"ids":["a"],"dims":1e300}',
    '{"ids":["a"],"dims":-2}',
    '{"ids":["a"],"dims":0.5}',
    `{"ids":[${nested}],"dims":2}`,
    `{"ids":["a"],"dims":${nested}}`,
    '{"ids":{"length":1},"dims":2}',
    '{"ids":[null],"dims":2}',
    'null',
  ]) {
    await writeFile(at('vectors.json'), text);
    for (const read of [() => readVectors(at('vectors')), () => allBlocks(at('vectors'))]) {
      expect((await refusal(read)).message).toContain(at('vectors'));
    }
  }
});
