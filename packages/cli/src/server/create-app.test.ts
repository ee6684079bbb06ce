import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPassages } from '../library/find-passages.ts';
import { liveFolders } from '../library/live-folders.ts';
import type {
  Answer,
  ComparisonResponse,
  ErrorResponse,
  HealthResponse,
  MapResponse,
  PassageKey,
  PassageResponse,
  QualityResponse,
  SearchResponse,
  SettingsResponse,
  Source,
  SourcesResponse,
} from './api-types.ts';
import { createApp } from './create-app.ts';
import { pageAssets } from './page-assets.generated.ts';
import type { SampleFolder } from './sample-folder.suite.ts';
import { createFolder, createSampleFolder } from './sample-folder.suite.ts';
import type { ServedCollection } from './served-collection.ts';
import { ServedFolders } from './served-folders.ts';
import type { ServedFolder } from './served-passages.ts';
import { startServer } from './start-server.ts';

const host = '127.0.0.1:4820';
const never = async () => {};

let folder: SampleFolder;
let index: SampleFolder;
let served: ServedFolders;
let collection: ServedCollection;
let app: Hono;

beforeAll(async () => {
  folder = await createSampleFolder();
  index = await createFolder('served-index-');
  served = await open([folder.path]);
  collection = served.collection;
  app = createApp({ token: undefined, hosts: [], collection: () => collection, refresh: never });
});

afterAll(async () => {
  await served.close();
  await folder.remove();
  await index.remove();
});

describe('access', () => {
  it('answers to addresses and to names of this machine, not to names of others', async () => {
    const answers = async (name: string) =>
      (await app.request(`/api/settings`, { headers: { host: name } })).status;
    for (const name of [host, 'localhost:1', '[::1]:80', '192.168.1.7', `${hostname()}:80`]) {
      expect([name, await answers(name)]).toEqual([name, 200]);
    }
    for (const name of [
      'evil.example',
      '127.0.0.1.evil.example:4820',
      'a@localhost',
      'localhost/x',
      '',
    ]) {
      expect([name, await answers(name)]).toEqual([name, 403]);
    }
    const proxied = createApp({
      token: undefined,
      hosts: ['Notes.example'],
      collection: () => collection,
      refresh: never,
    });
    const headers = { host: 'notes.example' };
    expect((await proxied.request('/api/settings', { headers })).status).toBe(200);
  });

  it('refuses what pages of other origins ask for, and lets none of them read', async () => {
    const asked = (headers: Record<string, string>) =>
      app.request('/api/settings', { headers: { host, ...headers } });
    for (const origin of ['http://evil.example', 'http://127.0.0.1:9', 'null']) {
      expect(await errorOf(await asked({ origin }))).toMatchObject({ code: 'origin-refused' });
    }
    for (const site of ['cross-site', 'same-site']) {
      expect((await asked({ 'sec-fetch-site': site })).status).toBe(403);
      // They may link to the page.
      const headers = { host, 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' };
      expect((await app.request('/', { headers })).status).toBe(200);
    }
    const own = await asked({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' });
    expect(own.status).toBe(200);
    expect(own.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('asks for the token, wherever it is to be read', async () => {
    const token = 'a-secret-of-some-length';
    const locked = createApp({ token, hosts: [], collection: () => collection, refresh: never });
    const asked = (path: string, headers: Record<string, string> = {}) =>
      locked.request(path, { headers: { host, ...headers } });
    for (const path of [
      '/',
      '/page.js',
      '/api/settings',
      '/api/nothing',
      `/api/settings?token=${token}`,
    ]) {
      const refused = await asked(path);
      expect([path, refused.status]).toEqual([path, 401]);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const wrong of ['', 'a-secret-of-some-lengt', `${token}x`, 'é']) {
      const query = encodeURIComponent(wrong);
      expect((await asked(`/?token=${query}`)).status).toBe(401);
      if (wrong === 'é') continue;
      const headers = { authorization: `Bearer ${wrong}`, cookie: `bitryoshka-4820=${wrong}` };
      expect((await asked('/api/settings', headers)).status).toBe(401);
    }
    const authorization = `Bearer ${token}`;
    expect((await asked('/api/settings', { authorization })).status).toBe(200);
    const entered = await asked(`/?token=${token}`);
    expect([entered.status, entered.headers.get('location')]).toEqual([302, '/']);
    const cookie = entered.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/);
    expect((await asked('/', { cookie: cookie.split(';')[0] as string })).status).toBe(200);
  });

  it('serves a page that loads and runs nothing but its own', async () => {
    const page = await app.request('/', { headers: { host } });
    const policy = page.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]* src="\/)|<style|\son\w+=|style=/);
    for (const [path, { text, type }] of Object.entries(pageAssets)) {
      const asset = await app.request(path, { headers: { host } });
      expect([asset.status, asset.headers.get('content-type')]).toEqual([200, type]);
      expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
    }
  });

  it('takes no large bodies, and says what is not there', async () => {
    const body = 'x'.repeat(2000);
    const large = await app.request('/api/refresh', {
      method: 'POST',
      body,
      headers: { host, 'content-length': '2000' },
    });
    expect([large.status, await errorOf(large)]).toMatchObject([413, { code: 'too-large' }]);
    for (const path of ['/api/nothing', '/etc/passwd', '/../package.json']) {
      const missing = await app.request(path, { headers: { host } });
      expect([missing.status, await errorOf(missing)]).toMatchObject([404, { code: 'not-found' }]);
    }
  });

  it('tells strangers nothing of a defect', async () => {
    const broken = {
      settings: () => failWith('/home/somebody/secret'),
    } as unknown as ServedCollection;
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const failing = createApp({
      token: undefined,
      hosts: [],
      collection: () => broken,
      refresh: never,
    });
    const answer = await failing.request('/api/settings', { headers: { host } });
    expect([answer.status, await errorOf(answer)]).toMatchObject([500, { code: 'internal' }]);
    expect(JSON.stringify(log.mock.calls)).not.toBe('[]');
    log.mockRestore();
  });

  it('stops working for a client that has gone', async () => {
    const events = new EventTarget();
    const asked = once(events, 'asked');
    const left = once(events, 'left');
    const codes = {
      defaults: { bits: 32, rerank: 0 },
      quality: (_: number, signal: AbortSignal) => {
        events.dispatchEvent(new Event('asked'));
        signal.addEventListener('abort', () => events.dispatchEvent(new Event('left')));
        return new Promise(() => {});
      },
    };
    const waiting = { codes } as unknown as ServedCollection;
    const server = await startServer({
      host: '127.0.0.1',
      port: 0,
      token: undefined,
      hosts: [],
      collection: () => waiting,
      refresh: never,
    });
    const controller = new AbortController();
    const answer = fetch(`${server.url}api/quality`, { signal: controller.signal });
    await asked;
    controller.abort();
    await expect(answer).rejects.toThrow();
    await left;
    await server.close();
  });
});

describe('answers', () => {
  it('are found in each way, with their lines', async () => {
    for (const way of ['hybrid', 'meaning', 'words', 'float', 'codes']) {
      const { answers } = await ask<SearchResponse>('search', {
        q: 'honey of the hive',
        way,
        k: 3,
      });
      expect([way, answers.length]).toEqual([way, 3]);
      for (const answer of answers) {
        expect([way, answer.source]).toEqual([way, 'notes/bees.md']);
        expect(await linesOf(answer)).toBe(answer.text);
        expect(answer.headings[0]).toBe('About bees');
        expect(typeof answer.score).toBe(way === 'words' ? 'object' : 'number');
      }
    }
  });

  it('are those of search, after its closer look', async () => {
    const [{ library }] = collection.folders as [ServedFolder];
    const q = 'Whom do I call when the violin fails?';
    const { answers } = await ask<SearchResponse>('search', { q, k: 20 });
    const ids = answers.map(({ id }) => id);
    expect(ids).toEqual((await findPassages(library, q, 20)).map(({ id }) => id));
    const unlooked = await library.store.similaritySearch(q, 20);
    expect(ids).not.toEqual(unlooked.map(({ id }) => id));
  });

  it('by words have one of the words, best first; there may be none', async () => {
    const words = async (q: string) =>
      (await ask<SearchResponse>('search', { q, way: 'words', k: 10 })).answers;
    // Others have one of the words that it is made of.
    const [add, ...numbers] = await words('addNumbers');
    expect(add?.source).toBe('lib/add.ts');
    expect(numbers.map(({ text }) => text).join()).toMatch(/^(?:.*call the number.*,?)+$/);
    expect(await words('xylophone')).toEqual([]);
    expect(await words('the')).toEqual([]);
    const fish = await words('fish 2');
    expect(fish[0]?.headings).toContain('fish 2');
    expect(fish.length).toBeGreaterThan(3);
  });

  it('of the index and of floats are the same where the index compares all vectors', async () => {
    const ways = ['meaning', 'float'] as const;
    const [meaning, float] = await Promise.all(
      ways.map((way) => ask<SearchResponse>('search', { q: 'when is the rent due?', way })),
    );
    expect(meaning?.answers).toEqual(float?.answers);
  });

  it('of HTML have the lines of the file', async () => {
    const { answers } = await ask<SearchResponse>('search', { q: 'ZX-7Q', k: 1 });
    expect(answers[0]).toMatchObject({ source: 'site.html', lines: { from: 2 } });
  });

  it('that stand in several files are one, with their places', async () => {
    const twice = await createFolder('served-twice-');
    await twice.write('a/one.md', 'The lighthouse keeper counts the ships.');
    await twice.write('b/two.md', '\n\nThe lighthouse keeper counts the ships.');
    const both = await open([twice.path]);
    const { signal } = new AbortController();
    const { answers } = await both.collection.search(
      { question: 'ships', k: 5, way: 'hybrid' },
      signal,
    );
    expect(answers).toMatchObject([
      { source: 'a/one.md', lines: { from: 1 }, others: [{ source: 'b/two.md', line: 3 }] },
    ]);
    expect(both.collection.sources({ offset: 0, limit: 9 }).total).toBe(2);
    await both.close();
    await twice.remove();
  });

  it('refuse what is too much, or nothing, or not known', async () => {
    const wrong: readonly (readonly [path: string, parameters: Parameters])[] = [
      ['search', {}],
      ['search', { q: '  ' }],
      ['search', { q: 'x'.repeat(2001) }],
      ['search', { q: 'a', k: 0 }],
      ['search', { q: 'a', k: 101 }],
      ['search', { q: 'a', k: '1e1' }],
      ['search', { q: 'a', way: 'magic' }],
      ['compare', { q: 'a', bits: 33 }],
      ['compare', { q: 'a', rerank: 1001 }],
      ['quality', { bits: 4096 }],
      ['sources', { limit: 1001 }],
      ['sources', { offset: -1 }],
      ['passage', { folder: name(), id: 'notes/bees.md#0', context: 101 }],
    ];
    for (const [path, parameters] of wrong) {
      const answer = await request(path, parameters);
      expect([path, parameters, answer.status]).toEqual([path, parameters, 400]);
      const { code, message, remedy } = await errorOf(answer);
      expect(code).toBe('invalid-option');
      expect(message).toMatch(/: got .*expected/);
      expect(message).not.toContain(remedy);
    }
  });
});

describe('codes', () => {
  it('are of lengths that there are passages for, and measured beside floats', async () => {
    const settings = await ask<SettingsResponse>('settings', {});
    expect(settings).toMatchObject({ passages: 212, bits: [32, 64, 96, 128, 192], isExact: true });
    expect(settings.depths).toEqual([0, 10, 20, 40, 100, 200]);
    const quality = await ask<QualityResponse>('quality', { bits: 32 });
    expect(quality.bytesPerPassage).toBe(9);
    expect(quality.float.bytesPerPassage).toBe(4 * settings.dimensions);
    const recalls = quality.depths.map(({ recall }) => recall);
    expect(recalls[0]).toBeGreaterThan(0.3);
    expect(recalls[0]).toBeLessThan(1);
    expect(recalls).toEqual(recalls.toSorted((a, b) => a - b));
    expect(recalls.at(-1)).toBeGreaterThan(0.99);
  });

  it('say where floats have what they have found', async () => {
    const q = 'which melody does the choir sing?';
    const rough = await ask<ComparisonResponse>('compare', { q, bits: 32, rerank: 0 });
    for (const [i, place] of rough.floatPlaces.entries()) {
      const at = rough.float.findIndex(({ id }) => id === rough.codes[i]?.id);
      if (at >= 0) expect(place).toBe(at + 1);
    }
    expect(rough.floatPlaces).toContain(null);
    const all = await ask<ComparisonResponse>('compare', { q, bits: 32, rerank: 212 });
    expect(all.isExhaustive).toBe(true);
    expect(all.codes).toEqual(all.float);
    expect(all.floatPlaces).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('are learned for the next one when the first one has gone', async () => {
    const controller = new AbortController();
    const gone = app.request(
      new Request(`http://${host}/api/quality?bits=96`, { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 20);
    expect((await gone).status).toBe(499);
    expect((await ask<QualityResponse>('quality', { bits: 96 })).bits).toBe(96);
  });

  it('are none where there are too few passages', async () => {
    const few = await createFolder('served-few-');
    await few.write('one.md', 'The only passage of all.');
    const alone = await open([few.path]);
    const small = createApp({
      token: undefined,
      hosts: [],
      collection: () => alone.collection,
      refresh: never,
    });
    const asked = (path: string) => small.request(`/api/${path}`, { headers: { host } });
    expect(await (await asked('settings')).json()).toMatchObject({ bits: [], defaults: null });
    const refused = await asked('compare?q=passage');
    expect(refused.status).toBe(400);
    expect((await errorOf(refused)).message).toMatch(/none for 1 passages/);
    const found = (await (await asked('search?q=passage')).json()) as SearchResponse;
    expect(found.answers).toHaveLength(1);
    expect(await (await asked('map')).json()).toMatchObject({
      map: null,
      reason: 'A map needs 12 files; there are 1.',
    });
    await alone.close();
    await few.remove();
  });
});

describe('passages', () => {
  it('have the lines around them, and neighbours', async () => {
    const first = await ask<PassageResponse>('passage', await firstOf('notes/bees.md'));
    expect(first.previous).toBeNull();
    const key = first.next as PassageKey;
    const passage = await ask<PassageResponse>('passage', { ...key, context: 2 });
    const lines = (await readFile(join(folder.path, 'notes/bees.md'), 'utf8')).split('\n');
    const { from, to } = passage.lines;
    expect(passage.context).toEqual({
      before: lines.slice(from - 3, from - 1).join('\n'),
      lines: lines.slice(from - 1, to).join('\n'),
      after: lines.slice(to, to + 2).join('\n'),
    });
    expect(passage.previous).toEqual({ folder: first.folder, id: first.id });
    expect(passage.next).not.toBeNull();
    expect(passage.isOutdated).toBe(false);
  });

  it('that are not there are not found, whatever their name', async () => {
    for (const id of ['notes/bees.md#99', '../../etc/passwd', '']) {
      const answer = await request('passage', { folder: name(), id });
      expect([answer.status, (await errorOf(answer)).code]).toEqual([404, 'not-found']);
    }
  });
});

describe('the index', () => {
  it('lists its sources, page by page', async () => {
    const { total, sources } = await ask<SourcesResponse>('sources', { offset: 1, limit: 2 });
    expect(total).toBe(16);
    expect(sources.map(({ source, passages }) => [source, passages])).toEqual([
      ['notes/bees.md', 15],
      ['notes/car.md', 15],
    ]);
  });

  it('maps the files, and says how much that shows', async () => {
    const { map } = await ask<MapResponse>('map', {});
    expect(map?.points).toHaveLength(16);
    expect(map?.variance).toBeGreaterThan(0.1);
    expect(map?.variance).toBeLessThan(1);
    expect(map?.neighboursKept).toBeGreaterThan(map?.neighboursByChance ?? 1);
  });

  it('tells what has changed on disk, and reads it again when told to', async () => {
    const own = await createSampleFolder();
    const current = await open([own.path]);
    const before = current.collection;
    const refreshed = createApp({
      token: undefined,
      hosts: [],
      collection: () => current.collection,
      refresh: (signal) => current.refresh(signal),
    });
    const asked = async <T>(path: string, method = 'GET') =>
      (await (await refreshed.request(`/api/${path}`, { method, headers: { host } })).json()) as T;
    const health = async () => (await asked<HealthResponse>('health')).folders[0];
    expect((await health())?.changes).toEqual({ changed: 0, gone: 0, added: 0 });
    expect((await health())?.index).toMatchObject({ documents: 212, index: 'exact', recall: 1 });

    const { sources } = await asked<SourcesResponse>('sources');
    const bees = sources.find(({ source }) => source === 'notes/bees.md');
    const first = `passage?folder=${bees?.folder}&id=${bees?.first}`;
    expect(await asked<PassageResponse>(first)).toMatchObject({ isOutdated: false, context: {} });

    // What was learned of them stays where nothing has changed.
    await asked('refresh', 'POST');
    expect(current.collection).toBe(before);

    await own.write('notes/new.md', 'A telescope shows the rings of Saturn.');
    await own.write('notes/bees.md', '# Bees\n\nThere are none any more.');
    await rm(join(own.path, 'notes/law.md'));
    expect((await health())?.changes).toEqual({ changed: 1, gone: 1, added: 1 });
    const old = await asked<PassageResponse>(first);
    expect(old).toMatchObject({ isOutdated: true, context: null });

    const settings = await asked<SettingsResponse>('refresh', 'POST');
    expect(settings.passages).toBe(212 - 15 - 15 + 1 + 1);
    expect((await health())?.changes).toEqual({ changed: 0, gone: 0, added: 0 });
    const { answers } = await asked<SearchResponse>('search?q=telescope&k=1');
    expect(answers[0]?.source).toBe('notes/new.md');
    // Rows that have gone do not move the vectors of others.
    const found = (way: string) =>
      asked<SearchResponse>(`search?q=when+is+the+rent+due&way=${way}`);
    expect((await found('float')).answers).toEqual((await found('meaning')).answers);
    await current.close();
    await own.remove();
  });

  it('is of several folders, whose names differ', async () => {
    const other = await createFolder('served-other-');
    await other.write('a/notes/one.md', 'The lighthouse keeper counts the ships.');
    await other.write('b/notes/two.md', 'The lighthouse keeper sleeps at noon.');
    const paths = ['a/notes', 'b/notes', 'a/notes/'].map((path) => join(other.path, path));
    const both = await open(paths);
    const { folders } = both.collection.settings({ question: 1, k: 1, context: 1 });
    expect(folders).toEqual([
      { name: 'notes', passages: 1 },
      { name: 'notes-2', passages: 1 },
    ]);
    const { signal } = new AbortController();
    for (const way of ['hybrid', 'meaning', 'words', 'float'] as const) {
      const { answers } = await both.collection.search(
        { question: 'lighthouse noon', k: 2, way },
        signal,
      );
      expect(answers.map((answer) => answer.folder)).toEqual(['notes-2', 'notes']);
    }
    await both.close();
    await other.remove();
  });
});

type Parameters = Readonly<Record<string, string | number>>;

async function open(paths: readonly string[]): Promise<ServedFolders> {
  const indexFolder = await mkdtemp(join(index.path, 'of-'));
  return ServedFolders.open(await liveFolders(paths, { indexFolder }));
}

async function firstOf(file: string): Promise<Parameters> {
  const { sources } = await ask<SourcesResponse>('sources', {});
  const { folder: ofFolder, first } = sources.find(({ source }) => source === file) as Source;
  return { folder: ofFolder, id: first };
}

function name(): string {
  return collection.settings({ question: 1, k: 1, context: 1 }).folders[0]?.name as string;
}

async function request(path: string, parameters: Parameters): Promise<Response> {
  const given = Object.entries(parameters).map(([key, value]) => [key, String(value)]);
  return app.request(`/api/${path}?${new URLSearchParams(given)}`, { headers: { host } });
}

async function ask<T>(path: string, parameters: Parameters): Promise<T> {
  const answer = await request(path, parameters);
  const body: unknown = await answer.json();
  expect([answer.status, body]).toEqual([200, body]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return body as T;
}

async function errorOf(answer: Response): Promise<ErrorResponse['error']> {
  return ((await answer.json()) as ErrorResponse).error;
}

async function linesOf({ source, lines }: Answer): Promise<string> {
  const all = (await readFile(join(folder.path, source), 'utf8')).split('\n');
  return all.slice((lines?.from ?? 0) - 1, lines?.to).join('\n');
}

function failWith(message: string): never {
  throw new Error(message);
}
