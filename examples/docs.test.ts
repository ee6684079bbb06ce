import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import GithubSlugger from 'github-slugger';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Stores of other libraries. */
const moved = join(root, 'packages/langchain-adapter/src/migrate/fixtures');

/** A fenced block: what stands behind its language is said to this test, and shown to nobody. */
interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly flags: readonly string[];
  readonly code: string;
}

const pages = [
  'README.md',
  // Those of the API are made of what the packages export.
  ...markdownIn('docs').filter((path) => !path.startsWith('docs/api/')),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
  ...['examples', ...readdirSync(join(root, 'examples')).map((name) => `examples/${name}`)]
    .map((folder) => `${folder}/README.md`)
    .filter((path) => existsSync(join(root, path))),
];
const blocks = pages.flatMap(blocksOf).filter(({ language }) => /^[jt]s$/.test(language));
const run = blocks.filter(({ flags }) => !flags.includes('no-run'));
const isNode22 = Number(process.versions.node.split('.')[0]) >= 22;

describe('code in the pages runs as it stands', () => {
  const home = process.cwd();
  let folder: string;
  let sources: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-pages-'));
    // Where packages are found from.
    sources = mkdtempSync(join(root, 'examples/.pages-'));
    for (const block of run) {
      // A block without imports is a module all the same.
      writeFileSync(join(sources, `${nameOf(block)}.ts`), `${block.code}\nexport {};\n`);
    }
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
  });

  afterAll(() => {
    process.chdir(home);
    rmSync(sources, { recursive: true });
    rmSync(folder, { recursive: true });
    vi.restoreAllMocks();
  });

  it.each(run.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s',
    async (_, block) => {
      if (block.flags.includes('node-22') && !isNode22) return;
      const cwd = join(folder, nameOf(block));
      mkdirSync(cwd);
      process.chdir(cwd);
      for (const name of ['hnswlib', 'faiss']) {
        cpSync(join(moved, name), join(cwd, `${name}-store`), { recursive: true });
      }
      Object.assign(globalThis, await given(block));
      await import(join(sources, `${nameOf(block)}.ts`));
    },
  );

  it('says why where it does not', () => {
    const silent = blocks.filter(({ flags }) => flags.includes('no-run') && flags.length < 2);
    expect(silent.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
  });
});

describe('links in the pages lead somewhere', () => {
  it.each(pages)('%s', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const broken = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link)
      .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path, anchor] = link.split('#');
  const target = path === '' ? join(root, page) : join(root, page, '..', path);
  if (!existsSync(target)) return false;
  if (anchor === undefined) return true;
  const file = statSync(target).isDirectory() ? join(target, 'README.md') : target;
  const slugger = new GithubSlugger();
  return [...withoutCode(readFileSync(file, 'utf8')).matchAll(/^#+ (.+)$/gm)].some(
    ([, heading]) => slugger.slug(heading) === anchor,
  );
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '');
}

const draw = (i: number, j: number) =>
  Math.sin((i % 40) * (j + 1)) + 0.3 * Math.sin(i * 7.1 + j * 3.3);

/** What a reader has: vectors in clusters, questions, documents, and a store of them. */
async function given({ code }: Block): Promise<Record<string, unknown>> {
  const vectors = Array.from({ length: 400 }, (_, i) =>
    Float32Array.from({ length: 384 }, (_value, j) => draw(i, j)),
  );
  const queries = vectors
    .filter((_, i) => i % 10 === 0)
    .map((vector) => vector.map((value) => value + 0.1));
  const embeddings = new MatryoshkaEmbeddings();
  const texts = ['Ada likes green tea.', 'The router restarts after ten seconds.', 'Cats sleep.'];
  const ids = ['1', '2', '3'];
  const documents = texts.map((pageContent, i) => ({
    pageContent,
    metadata: { source: `${i}.md`, lang: 'en', year: 2000 + i },
  }));
  const needsStore = /\bstore\b/.test(code) && !/(const|let) store\b/.test(code);
  return {
    vectors,
    queries,
    query: queries[0],
    newVectors: [vectors],
    embeddings,
    texts,
    ids,
    documents,
    database: { query: async () => ({ rows: [] }) },
    ...(needsStore && { store: await BinaryVectorStore.fromDocuments(documents, embeddings) }),
  };
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .sort();
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(\S+)([^\n]*)\n(.*?)^```$/gms)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length,
    language: match[1],
    flags: match[2].split(' ').filter(Boolean),
    code: match[3],
  }));
}

function nameOf({ page, line }: Block): string {
  const folder = page.split('/').at(-2) ?? '';
  return `${folder}-${basename(page, '.md')}-${line}`;
}
