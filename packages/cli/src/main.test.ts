import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadQuantizer } from '@bitryoshka/core';
import { readVectors } from '@bitryoshka/core/node';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FoundPassage } from './library/find-passages.ts';
import { main } from './main.ts';
import { captureOutput } from './terminal/capture-output.suite.ts';
import { encodeNpy } from './vectors/npy.ts';

let folder: string;

const output = captureOutput();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('search', () => {
  const question = 'How do I restart the router?';

  beforeEach(async () => {
    await mkdir(join(folder, 'notes'));
    await note('router.md', '# Office\n## Network\nHold the button of the router to restart it.');
    await note('garden.html', '<h1>Garden</h1><p>Water the tomatoes in the morning.</p>');
    await note('kettle.txt', 'The kettle boils water in three minutes.');
    await note('photo.jpg', 'no text');
  });

  it('prints passages with file, heading and score, best first', async () => {
    await search(question);
    expect(output.printed).toMatch(
      /\n {2}0\.\d{3} {2}router\.md:3 {2}Office › Network\n +Hold the button/,
    );
    expect(output.complained).toMatch(/3 passages of 3 files \(3 read anew\)/);
    expect(output.complained).toMatch(/skipped: 1 not text/);
  });

  it('reads only what changed, forgets what was deleted, and finds what is new', async () => {
    await search(question);
    await search(question);
    expect(output.complained).toMatch(/3 passages of 3 files \(nothing changed\)/);

    await rm(join(folder, 'notes/router.md'));
    await note(
      'garden.html',
      '<h1>Garden</h1><p>Mow the lawn.</p><h2>Bees</h2><p>Feed the bees.</p>',
    );
    await note('router2.md', 'Pull the plug of the router, wait, plug it in again.');
    const found = await searchJson(question);
    expect(found.map(({ source }) => source)).not.toContain('router.md');
    expect(found[0]?.source).toBe('router2.md');
    expect(found.map(({ text }) => text).join()).not.toMatch(/tomatoes/);
    await search('bees');
    expect(output.complained).toMatch(/4 passages of 3 files \(nothing changed\)/);
  });

  it('prints an array of passages as JSON, as many as wanted', async () => {
    const found = await searchJson(question, '--k', '2');
    expect(found).toHaveLength(2);
    expect(found[0]).toEqual({
      id: expect.any(String) as string,
      source: 'router.md',
      line: 3,
      endLine: 3,
      headings: ['Office', 'Network'],
      score: expect.closeTo(0.5, 0) as number,
      text: 'Hold the button of the router to restart it.',
    });
  });

  it('finds names by their letters, unless told to search by meaning alone', async () => {
    const places = ['north', 'south', 'east', 'west'];
    await note(
      'sites.md',
      places.map((place, i) => `# Site ${place}\nThe code is ZX-${i}7Q.`).join('\n'),
    );
    for (const [i, place] of places.entries()) {
      const [best] = await searchJson(`zx-${i}7q`, '--k', '1');
      expect(best?.headings).toEqual([`Site ${place}`]);
    }
    const hybrid = await searchJson(question);
    const vectors = await searchJson(question, '--no-hybrid');
    expect(output.complained).not.toMatch(/Making the index again/);
    expect(vectors.map(({ score }) => score)).not.toEqual(hybrid.map(({ score }) => score));
    expect((await searchJson('west', '--k', '1'))[0]?.headings).toEqual(['Site west']);
  });

  it('answers in a language that the model has no words for, by its words', async () => {
    await note('ru.md', 'Чтобы перезапустить маршрутизатор, нажмите кнопку.');
    await note('ru2.md', 'Помидоры поливают утром.');
    const [best] = await searchJson('Как перезапустить маршрутизатор?', '--k', '1');
    expect(best?.source).toBe('ru.md');
  });

  it('makes a damaged index again', async () => {
    await search(question);
    await writeFile(join(folder, 'index/store/bitryoshka.json'), '{"broken"');
    const [best] = await searchJson(question);
    expect(output.complained).toMatch(/Making the index again/);
    expect(best?.source).toBe('router.md');
  });

  it('makes an index of another model again, also one of the same dimension', async () => {
    await search(question);
    const model = join(folder, 'model');
    const bundled = new URL('../../transformers-embedder/model/', import.meta.url);
    await cp(bundled, model, { recursive: true });
    const config = join(model, 'config.json');
    await writeFile(config, (await readFile(config, 'utf8')).replace('8192', '4096'));
    await search(question, '--model', model);
    expect(output.complained).toMatch(/Making the index again: it was made with another model/);
    expect(output.complained).toMatch(/3 passages of 3 files \(3 read anew\)/);
    output.complained = '';
    await search(question, '--model', model);
    expect(output.complained).toMatch(/nothing changed/);
  });

  it('refuses folders that are missing or hold no text, in a sentence', async () => {
    await main(['node', 'bitryoshka', 'search', join(folder, 'none'), question]);
    expect(output.complained).toMatch(/^bitryoshka: .*none: got nothing, expected a folder/);
    expect(process.exitCode).toBe(1);
    output.complained = '';
    await rm(join(folder, 'notes'), { recursive: true });
    await mkdir(join(folder, 'notes'));
    await search(question);
    expect(output.complained).toMatch(/got no file with a passage of text\. Name a folder/);
  });

  it('shows equal texts once, and keeps what is left of them', async () => {
    for (const name of ['router2.md', 'router3.md']) {
      await note(name, '# Office\n## Network\nHold the button of the router to restart it.');
    }
    await note('router4.md', '# Home\nHold the button of the router to restart it.');
    const places = (found: FoundPassage[]) =>
      found
        .filter(({ text }) => text.startsWith('Hold'))
        .map(({ source, others }) => [source, ...(others ?? []).map((other) => other.source)]);
    const found = await searchJson(question, '--k', '3');
    expect(found).toHaveLength(3);
    expect(places(found)).toHaveLength(1);
    expect(places(found)[0]?.toSorted()).toEqual([
      'router.md',
      'router2.md',
      'router3.md',
      'router4.md',
    ]);
    await search(question);
    expect(output.printed).toMatch(
      /\n +also router\w*\.md:\d, router\w*\.md:\d, router\w*\.md:\d\n/,
    );
    expect(output.complained).toMatch(/4 passages of 6 files/);
    await rm(join(folder, 'notes/router.md'));
    expect(places(await searchJson(question))[0]).not.toContain('router.md');
    expect(output.complained).not.toMatch(/Making the index again/);
  });

  it('says that all is ignored, and how to read it', async () => {
    await note('.gitignore', '*');
    await search(question);
    expect(output.complained).toMatch(/left out 4 ignored by \.gitignore\. .* --no-ignore/);
    expect(process.exitCode).toBe(1);
    expect(await searchJson(question, '--no-ignore')).toHaveLength(3);
  });

  it('takes patterns and a limit of size, and lists what was left out', async () => {
    const sources = async (...options: string[]) =>
      (await searchJson(question, ...options)).map(({ source }) => source).sort();
    expect(await sources('--include', '*.md', '--include', '*.txt')).toEqual([
      'kettle.txt',
      'router.md',
    ]);
    expect(await sources('--exclude', '*.md')).toEqual(['garden.html', 'kettle.txt']);
    expect(await sources('--max-size', '0.00005')).toEqual(['kettle.txt']);
    output.complained = '';
    await search(question, '--exclude', '*.md', '--verbose');
    expect(output.complained).toMatch(
      /skipped: photo\.jpg: not text\nskipped: router\.md: excluded\n/,
    );
    await search(question, '--max-size', '-1');
    expect(output.complained).toMatch(/"-1" is no number above 0/);
  });

  it('gives the fields of front matter, which are no passages', async () => {
    await note('guide.md', '---\ntitle: Lava\nauthor: Someone\n---\nMagma rises.');
    expect((await searchJson('magma', '--k', '1'))[0]).toEqual({
      id: expect.any(String) as string,
      source: 'guide.md',
      line: 5,
      endLine: 5,
      metadata: { author: 'Someone' },
      headings: ['Lava'],
      score: expect.any(Number) as number,
      text: 'Magma rises.',
    });
  });

  it('goes on after files that stop whoever reads them, and remembers them', async () => {
    await note('deep.html', '<div>'.repeat(12_000));
    await note('binary.txt', 'a\0b');
    expect((await searchJson(question))[0]?.source).toBe('router.md');
    await search(question, '--verbose');
    expect(output.complained).toMatch(/3 passages of 3 files \(nothing changed\)/);
    expect(output.complained).toMatch(/skipped: deep\.html: nested deeper than 512 elements/);
    expect(output.complained).toMatch(/skipped: binary\.txt: binary/);
  });

  it.skipIf(process.platform === 'win32')('prints nothing that steers a terminal', async () => {
    const evil = 'evil\u001b[31m\u202e\u009b2J.md';
    await note(
      evil,
      '# Evil\u001b]0;t\u0007 heading\u202e\n\nEvil \u009b2Jtext \u001b[2J&#27; here.',
    );
    await note('bad\u001b[31m.md', 'a\0b');
    await search('evil text', '--verbose');
    const shown = output.printed + output.complained;
    expect(shown).toMatch(/bad\.md: binary/);
    expect(shown).toMatch(/evil\.md:3 {2}Evil heading\n/);
    // Everything but line ends.
    const controls = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
    expect(shown).not.toMatch(controls);
    const found = await searchJson('evil text');
    expect(output.printed).not.toMatch(controls);
    expect(found.map(({ source }) => source)).toContain(evil);
    await search('evil text', '--index', join(folder, 'notes', evil));
    expect(output.complained).toMatch(/expected an index that search has made/);
    expect(output.complained).not.toMatch(controls);
  });

  it.skipIf(process.platform === 'win32')('keeps what it saves to the user', async () => {
    await search(question);
    for (const [path, mode] of await modes(join(folder, 'index'))) {
      expect(`${path} ${mode}`).toMatch(/ (700|600)$/);
    }
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    await main(['node', 'bitryoshka', 'search', join(folder, 'notes'), question]);
    vi.unstubAllEnvs();
    const kept = await modes(join(folder, 'cache'));
    expect(kept.length).toBeGreaterThan(5);
    for (const [path, mode] of kept) expect(`${path} ${mode}`).toMatch(/ (700|600)$/);
  });

  it('writes to no folder that search has not made', async () => {
    const index = join(folder, 'index');
    const embeddings = {
      embedDocuments: async (all: string[]) => all.map((_, i) => [1, i]),
      embedQuery: async () => [1, 1],
    };
    await (await BinaryVectorStore.fromTexts(['mine'], [], embeddings)).save(index);
    await refused(/got a store, expected an index that search has made/);
    await writeFile(join(index, 'bitryoshka.json'), '{"format":"bitryoshka","version":99}');
    await refused(/got a store, expected/);
    await rm(index, { recursive: true });
    await mkdir(index);
    await writeFile(join(index, 'thesis.txt'), 'mine');
    await refused(/got a folder with other files, expected/);
    await writeFile(join(index, 'search.json'), '{"hits":[]}');
    await refused(/got a search\.json of another program/);
    await writeFile(join(index, 'search.json'), '{"format":"bitryoshka-search","version":2}');
    await refused(/got an index of version 2, expected 1 at most\. Update bitryoshka/);
    await rm(index, { recursive: true });
    await writeFile(index, 'mine');
    await refused(/got a file, expected an index/);

    async function refused(message: RegExp): Promise<void> {
      const before = await contents();
      output.complained = '';
      process.exitCode = undefined;
      await search(question);
      expect(output.complained).toMatch(message);
      expect(process.exitCode).toBe(1);
      expect(await contents()).toEqual(before);
    }

    async function contents(): Promise<unknown> {
      const names = await readdir(index, { recursive: true }).catch(() => ['']);
      return Promise.all(names.map((name) => readFile(join(index, name), 'utf8')));
    }
  });

  it('leaves a store of a later version in its index to that', async () => {
    await search(question);
    const manifest = join(folder, 'index/store/bitryoshka.json');
    const saved = await readFile(manifest, 'utf8');
    await writeFile(manifest, saved.replace(/"version":\s*\d+/, '"version": 99'));
    await search(question);
    expect(output.complained).toMatch(/bitryoshka: .*version 99/);
    expect(process.exitCode).toBe(1);
  });

  it('answers several calls at the same time, which save the same index', async () => {
    await Promise.all([search(question), search(question), search(question)]);
    expect(process.exitCode).toBeUndefined();
    output.complained = '';
    await search(question);
    expect(output.complained).toMatch(/3 passages of 3 files \(nothing changed\)/);
  });

  it('makes a damaged list of files again', async () => {
    await search(question);
    for (const damaged of [
      '{"broken"',
      '{"format":"bitryoshka-search","version":1,"files":[[1]]}',
    ]) {
      await writeFile(join(folder, 'index/search.json'), damaged);
      expect((await searchJson(question))[0]?.source).toBe('router.md');
      output.complained = '';
      await search(question);
      expect(output.complained).toMatch(/nothing changed/);
    }
  });

  async function modes(path: string): Promise<[path: string, mode: string][]> {
    const names = ['', ...(await readdir(path, { recursive: true }))];
    return Promise.all(
      names.map(async (name) => {
        const { mode } = await stat(join(path, name));
        return [name, (mode & 0o777).toString(8)] as [string, string];
      }),
    );
  }

  function note(name: string, text: string): Promise<void> {
    return writeFile(join(folder, 'notes', name), text);
  }

  async function search(asked: string, ...options: string[]): Promise<void> {
    const index = join(folder, 'index');
    await main([
      'node',
      'bitryoshka',
      'search',
      join(folder, 'notes'),
      asked,
      '--index',
      index,
      ...options,
    ]);
  }

  async function searchJson(asked: string, ...options: string[]): Promise<FoundPassage[]> {
    output.printed = '';
    await search(asked, '--json', ...options);
    return JSON.parse(output.printed) as FoundPassage[];
  }
});

describe('demo', () => {
  it('answers from the folder it is given, and shows when codes pay', async () => {
    // Every paragraph is a passage, as no two fit together.
    const topics = ['router', 'kettle', 'tomato', 'ladder', 'violin', 'rocket', 'puddle'];
    const chapters = Array.from({ length: 150 }, (_, i) => {
      const [a, b, c] = [i, i * 3 + 1, i * 5 + 2].map((n) => topics[n % topics.length]);
      return `## About ${a} ${i}\nThe ${a} number ${i} stands near the ${b} and the ${c}.`;
    });
    await writeFile(join(folder, 'book.md'), `# Book\n${chapters.join('\n')}`);
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    const call = ['node', 'bitryoshka', 'demo', folder, 'Where is the violin number 11?'];
    await main(call);
    expect(output.printed).toMatch(/ {2}0\.\d{3} {2}book\.md:\d+ {2}Book › About violin 11\n/);
    expect(output.printed).toMatch(/ 150 +│ +auto: exact │ +\d+\.\d\d │ +100\.0 % │ +0\.2 MB │ +│/);
    expect(output.printed).toMatch(/ 1,500 +│ +exact │ +\d+\.\d\d │ +100\.0 % │ +1\.5 MB │ +│/);
    expect(output.printed).toMatch(/ 1,500 +│ +auto: \w+ │ .* \d+\.\d s │/);
    expect(output.printed).toMatch(/ 15,000 +│ +(auto: graph|scan, so far) │ .* \d+\.\d s │/);
    expect(output.printed).toMatch(/each moved by half the difference of two others/);

    await main(call);
    expect(output.complained).toMatch(/\(nothing changed\)/);
    vi.unstubAllEnvs();
  });
});

describe('verify', () => {
  const store = () => join(folder, 'store');
  const verify = (...options: string[]) =>
    main(['node', 'bitryoshka', 'verify', store(), ...options]);

  beforeEach(async () => {
    const texts = ['one', 'two', 'three'].map((text) => `${text} `.repeat(20));
    const embeddings = {
      embedDocuments: async (all: string[]) => all.map((_, i) => [1, i]),
      embedQuery: async () => [1, 1],
    };
    await (await BinaryVectorStore.fromTexts(texts, [], embeddings)).save(store());
  });

  it('says that a store is whole', async () => {
    await verify();
    expect(output.printed).toMatch(/store: whole, 3 documents\n {2}bitryoshka\.json: whole, \d+/);
    expect(process.exitCode).toBeUndefined();
  });

  it('says what is damaged, and brings back the rest', async () => {
    const [name = ''] = (await readdir(store())).filter((each) => each.endsWith('.jsonl'));
    const path = join(store(), name);
    await writeFile(path, (await readFile(path, 'utf8')).replace('two two', 'two too'));
    await verify();
    expect(process.exitCode).toBe(1);
    expect(output.printed).toMatch(/store: damaged\n/);
    expect(output.printed).toMatch(/documents\.jsonl: damaged, \d+ bytes\n.*SHA-256/);
    expect(output.printed).toMatch(/recoverable: 2 documents; 1 lost/);

    process.exitCode = undefined;
    const to = join(folder, 'recovered');
    await verify('--recover', to);
    expect(process.exitCode).toBeUndefined();
    expect(output.printed).toMatch(/recovered: 2 documents; 1 lost\n {2}lost: .* bytes from \d+: /);
    output.printed = '';
    await main(['node', 'bitryoshka', 'verify', to, '--json']);
    expect(JSON.parse(output.printed)).toMatchObject({
      isWhole: true,
      recoverable: { documents: 2 },
    });
  });

  it('refuses what is no store', async () => {
    const other = join(folder, 'notes.txt');
    await writeFile(other, 'text');
    await mkdir(join(folder, 'notes'));
    for (const [path, said] of [
      [join(folder, 'notes'), /^bitryoshka: .*a folder without anything of a store/],
      [join(folder, 'none'), /^bitryoshka: .*none: got nothing that can be read \(ENOENT\)/],
      [other, /^bitryoshka: .*a file that is no SQLite database/],
    ] as const) {
      output.complained = '';
      await main(['node', 'bitryoshka', 'verify', path]);
      expect(output.complained).toMatch(said);
      expect(process.exitCode).toBe(1);
    }
  });
});

describe('fit and tune', () => {
  beforeEach(async () => {
    const rows = Array.from({ length: 200 }, (_, i) =>
      Array.from({ length: 8 }, (_value, j) => Math.sin(i * (j + 1)) + Math.cos(i * 0.7 + j)),
    );
    const ids = rows.map((_, i) => i);
    await writeFile(join(folder, 'v.json'), JSON.stringify({ ids, dims: 8 }));
    await writeFile(join(folder, 'v.f32'), Buffer.from(Float32Array.from(rows.flat()).buffer));
  });

  it('fit saves a quantizer that loads', async () => {
    const out = join(folder, 'q.safetensors');
    const path = join(folder, 'v.f32');
    await main(['node', 'bitryoshka', 'fit', path, '--kind', 'itq', '--bits', '6', '--out', out]);
    expect(output.printed).toMatch(
      /q\.safetensors: itq, 8 dimensions to 6 bits, learned from 200 vectors/,
    );
    const quantizer = loadQuantizer(await readFile(out));
    expect([quantizer.kind, quantizer.bits]).toEqual(['itq', 6]);
  });

  it('fit takes what NumPy saved, and writes codes for it', async () => {
    const data = Buffer.from(await readFile(join(folder, 'v.f32')));
    const path = join(folder, 'v.npy');
    // Read as it is written, but for the type of its values.
    const [header] = encodeNpy(200, 8, []);
    const text = Buffer.from(header as Uint8Array)
      .toString('latin1')
      .replace('|u1', '<f4');
    await writeFile(path, Buffer.concat([Buffer.from(text, 'latin1'), data]));
    const [out, codes] = [join(folder, 'q.safetensors'), join(folder, 'codes.npy')];
    const call = ['node', 'bitryoshka', 'fit', path, '--kind', 'itq', '--bits', '6'];
    await main([...call, '--out', out, '--encode', codes]);
    expect(output.complained).toBe('');
    expect(output.printed).toMatch(/codes\.npy: 200 codes of 1 byte\n/);
    const written = await readFile(codes);
    const quantizer = loadQuantizer(await readFile(out));
    const { vectors } = await readVectors(join(folder, 'v'));
    const expected = quantizer.encode(vectors, 'document');
    expect([...written.subarray(-200)]).toEqual(
      Array.from({ length: 200 }, (_, i) => expected.data[i * expected.bytesPerCode]),
    );
    expect(new Set(written.subarray(-200)).size).toBeGreaterThan(10);
    expect(written.toString('latin1')).toContain("'shape': (200, 1)");
  });

  it('fit refines the thresholds of a preset', async () => {
    const rows = Array.from({ length: 500 }, (_, i) =>
      Array.from({ length: 256 }, (_value, j) => 0.5 + Math.sin(i * (j + 1))),
    );
    const ids = rows.map((_, i) => i);
    await writeFile(join(folder, 'w.json'), JSON.stringify({ ids, dims: 256 }));
    await writeFile(join(folder, 'w.f32'), Buffer.from(Float32Array.from(rows.flat()).buffer));
    const out = join(folder, 'q.safetensors');
    const preset = ['--preset', 'bitryoshka-static-v1'];
    await main(['node', 'bitryoshka', 'fit', join(folder, 'w'), ...preset, '--out', out]);
    expect(output.printed).toMatch(/median, 256 dimensions to 256 bits, preset .* 500 vectors/);
    const { data } = loadQuantizer(await readFile(out)).encode(rows, 'document');
    const ones = data.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    // The preset alone gives nearly only ones for vectors so far to one side.
    expect(ones / (8 * data.length)).toBeCloseTo(0.5, 1);
  });

  it('train saves a head, prints how it came about, and trains it further', async () => {
    const out = join(folder, 'h.safetensors');
    const call = ['node', 'bitryoshka', 'train', join(folder, 'v'), '--bits', '6', '--out', out];
    await main([...call, '--nested', '4,6', '--head', 'mlp', '--binarize', 'gumbel']);
    expect(output.printed).toMatch(/step +│ +loss/);
    expect(output.printed).toMatch(/start +│/);
    expect(output.printed).toMatch(
      /h\.safetensors: head, 8 dimensions to 4, 6 bits, .* 200 vectors/,
    );
    const first = await readFile(out);
    expect(loadQuantizer(first).kind).toBe('head');
    output.printed = '';
    const checkpoint = join(folder, 'checkpoint');
    await main([...call, '--nested', '4,6', '--from', out, '--checkpoint', checkpoint, '--json']);
    const result = JSON.parse(output.printed) as { curve: { step: number }[] };
    expect(result.curve[0]?.step).toBe(0);
    expect((await readFile(checkpoint)).length).toBeGreaterThan(1000);
    expect(result.curve.length).toBeGreaterThan(1);
    // It is the first head again where nothing better was found.
    expect(loadQuantizer(await readFile(out)).bits).toBe(6);
    await main([...call, '--decoder', 'additive']);
    expect(output.complained).toMatch(/decoder: got additive.*multiple of 8/);
  });

  it('tune prints the table and the reason, and saves the choice', async () => {
    const out = join(folder, 'q.safetensors');
    const call = ['node', 'bitryoshka', 'tune', join(folder, 'v'), '--bits', '6', '--rerank', '20'];
    await main([...call, '--out', out]);
    expect(output.printed).toMatch(/sign +│ +6 │/);
    expect(output.printed).toMatch(/Took \w+: on 40 held-out documents/);
    output.printed = '';
    await main([...call, '--candidates', 'median', '--json']);
    const result = JSON.parse(output.printed) as {
      quantizer: string;
      table: { quantizer: string }[];
    };
    expect(result.table.map((row) => row.quantizer)).toEqual(['sign', 'median']);
    expect(['sign', 'median']).toContain(result.quantizer);
    expect(loadQuantizer(await readFile(out)).bits).toBe(6);
  });

  it.each([
    [['tune', 'v'], 1, /expected one of the two/],
    [['tune', 'v', '--bits', '9'], 1, /from 1 to 8/],
    [['tune', 'none', '--bits', '6'], 1, /none\.json: ENOENT/],
    [['tune', 'v', '--bits', '6', '--scoring', 'cosine'], 1, /got "cosine"/],
    [['fit', 'v', '--bits', '6', '--out', 'none/q'], 1, /none\/q: ENOENT/],
    [['fit', 'v', '--bits', '6', '--encode', 'none/q'], 1, /none\/q: ENOENT/],
    [['fit', '.', '--bits', '6'], 1, /got a folder that is no store, expected vectors/],
    [
      ['fit', 'v', '--bits', '6', '--kind', 'itq', '--queries', 'none/q'],
      1,
      /none\/q\.json: ENOENT/,
    ],
    [['train', 'v'], 2, /error: got no --bits <number>, expected one/],
    [['report', 'v'], 2, /error: got no --vectors <subfolder>, expected one/],
    [['fit', 'v'], 2, /expected --bits <number>, the length/],
    [['fit', 'v', '--preset', 'word2vec'], 2, /Allowed choices are all-minilm-l6-v2/],
    [['fit', 'v', '--preset', 'all-minilm-l6-v2', '--bits', '6'], 2, /cannot be used with/],
    [['fit', 'v', '--preset', 'all-minilm-l6-v2'], 1, /got 8 dimensions, expected 384/],
    [['fit', 'v', '--bits', '6', '--kind', 'magic'], 2, /"magic" is none of/],
  ])('refuses %j', async ([command, path, ...options], exitCode, message) => {
    const inFolder = options.map((option) => (option === 'none/q' ? join(folder, option) : option));
    await main(['node', 'bitryoshka', command, join(folder, path), ...inFolder]);
    expect(output.complained).toMatch(message);
    expect(process.exitCode).toBe(exitCode);
  });
});

describe('eval', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'qrels'));
    await mkdir(join(folder, 'model'));
    // Eight corners of a cube, and queries near two of them.
    const corners = Array.from({ length: 8 }, (_, i) =>
      [i & 1, i & 2, i & 4].map((b) => (b ? 1 : -1)),
    );
    await vectors(
      'corpus',
      corners.map((_, i) => `d${i}`),
      corners,
    );
    await vectors(
      'queries',
      ['q0', 'q7'],
      [
        [-3, -2, -2],
        [2, 2, 3],
      ],
    );
    await writeFile(
      join(folder, 'qrels/test.tsv'),
      'query-id\tcorpus-id\tscore\nq0\td0\t1\nq7\td7\t1\n',
    );
  });

  it('prints an array of rows with the published names', async () => {
    await run('--quantizers', 'sign,itq', '--bits', '1,3', '--rerank', '0,8', '--json');
    const rows = JSON.parse(output.printed) as Record<string, unknown>[];
    expect(rows).toHaveLength(24);
    expect(rows.find((row) => row.quantizer === 'sign' && row.bits === 3)).toEqual({
      quantizer: 'sign',
      bits: 3,
      bytesPerVector: 8,
      scoring: 'symmetric',
      rerank: 0,
      ndcg10: 1,
      ndcg10Float: 1,
      recall10: 1,
      fitSeconds: expect.any(Number) as number,
    });
  });

  it('prints a table for people', async () => {
    await run('--quantizers', 'sign', '--bits', '3', '--rerank', '0');
    expect(output.printed).toMatch(
      /^Best without re-ranking: sign at 3 bits .*\nSmallest that keeps/,
    );
    expect(output.printed).toMatch(
      /8 documents, 2 queries, 3 dimensions; nDCG@10 of the float vectors 1\.000/,
    );
    expect(output.printed).toMatch(/sign +│ +3 │ +8 │ +symmetric │ +0 │ +1\.000 │ +100\.0/);
  });

  it('knows what the tuner would take', async () => {
    await run('--quantizers', 'tuned', '--bits', '3', '--rerank', '0', '--json');
    const rows = JSON.parse(output.printed) as Record<string, unknown>[];
    expect(rows.map((row) => row.quantizer)).toEqual(['tuned', 'tuned', 'tuned']);
  });

  it('learns from titles', async () => {
    const embeddings = new MatryoshkaEmbeddings();
    const texts = Array.from(
      { length: 40 },
      (_, i) => `${i} pots of honey in the ${i % 7}th house`,
    );
    const [corpus, queries] = [texts, texts.slice(0, 8).map((text) => `Where are ${text}?`)];
    const names = (prefix: string, list: string[]) => list.map((_, i) => `${prefix}${i}`);
    await vectors('corpus', names('d', corpus), await embeddings.embedDocuments(corpus));
    await vectors('queries', names('q', queries), await embeddings.embedDocuments(queries));
    const lines = corpus.map((text, i) =>
      JSON.stringify({ _id: `d${i}`, title: `Honey ${i}`, text }),
    );
    await writeFile(join(folder, 'corpus.jsonl'), lines.join('\n'));
    const options = ['--quantizers', 'median', '--bits', '16', '--rerank', '0', '--json'];
    await run(...options);
    const plain = output.printed;
    output.printed = '';
    await run(...options, '--titles');
    const recalls = [plain, output.printed].map((text) =>
      (JSON.parse(text) as { recall10: number }[]).map(({ recall10 }) => recall10),
    );
    expect(recalls[0]).not.toEqual(recalls[1]);
    const out = join(folder, 'h.safetensors');
    const train = ['node', 'bitryoshka', 'train', folder, '--vectors', 'model', '--bits', '16'];
    await main([...train, '--steps', '5', '--out', out, '--titles', '--json']);
    expect(loadQuantizer(await readFile(out)).bits).toBe(16);
    await main([...train, '--out', out, '--titles', '--pairs', join(folder, 'qrels/test.tsv')]);
    expect(output.complained).toMatch(/'--pairs <file>' cannot be used with option '--titles/);
  });

  it.each([
    [['--bits', '4'], 1, /got 4 output dimensions, expected a whole number from 1 to 3/],
    [['--quantizers', 'magic'], 2, /"magic" is none of thresholds, groups/],
    [['--bits', '1.5'], 2, /"1\.5" is no whole number from 1 up/],
    [['--rerank', 'x'], 2, /"x" is no whole number from 0 up/],
    [['--colour', 'red'], 2, /unknown option/],
    [['--vectors', 'none'], 1, /corpus\.json: ENOENT/],
  ])('refuses %j', async (options, exitCode, message) => {
    await run(...options);
    expect(output.complained).toMatch(message);
    expect(process.exitCode).toBe(exitCode);
    expect(output.printed).toBe('');
  });

  async function run(...options: string[]): Promise<void> {
    await main(['node', 'bitryoshka', 'eval', folder, '--vectors', 'model', ...options]);
  }

  async function vectors(name: string, ids: string[], rows: number[][]): Promise<void> {
    const path = join(folder, 'model', name);
    await writeFile(`${path}.json`, JSON.stringify({ ids, dims: rows[0]?.length }));
    await writeFile(`${path}.f32`, Buffer.from(Float32Array.from(rows.flat()).buffer));
  }
});
