import { basename, extname } from 'node:path';
import type { ProseKind } from './read-prose.ts';

/** Languages in which definitions are found. */
export type SourceLanguage =
  | 'cpp'
  | 'elixir'
  | 'go'
  | 'java'
  | 'js'
  | 'lua'
  | 'perl'
  | 'php'
  | 'proto'
  | 'python'
  | 'ruby'
  | 'rust'
  | 'scala'
  | 'shell'
  | 'sol'
  | 'sql'
  | 'swift';

/**
 * How a file is read. `data` is text that programs read; what `unnamed` is, is seen when it is read.
 */
export type TextKind =
  | 'markdown'
  | 'mdx'
  | 'html'
  | 'data'
  | 'notebook'
  | 'pdf'
  | 'docx'
  | 'unnamed'
  | ProseKind
  | SourceLanguage;

const extensions: Readonly<Record<Exclude<TextKind, 'unnamed'>, string>> = {
  markdown: 'md markdown mdown mkd qmd rmd',
  mdx: 'mdx',
  html: 'html htm xhtml',
  text: 'txt text log r jl hs ml clj lisp zig nim dart vue svelte',
  data: 'csv tsv json jsonl yaml yml toml ini cfg conf xml css scss less bib',
  rst: 'rst rest',
  asciidoc: 'adoc asciidoc',
  org: 'org',
  latex: 'latex tex',
  notebook: 'ipynb',
  pdf: 'pdf',
  docx: 'docx',
  cpp: 'c h cc cpp cxx hpp hh',
  elixir: 'ex exs erl',
  go: 'go',
  java: 'java kt kts cs groovy',
  js: 'js mjs cjs jsx ts mts cts tsx',
  lua: 'lua',
  perl: 'pl pm',
  php: 'php',
  proto: 'proto',
  python: 'py pyi',
  ruby: 'rb',
  rust: 'rs',
  scala: 'scala',
  shell: 'sh bash zsh fish ps1',
  sol: 'sol',
  sql: 'sql',
  swift: 'swift',
};

const kinds: ReadonlyMap<string, TextKind> = new Map(
  Object.entries(extensions).flatMap(([kind, list]) =>
    list.split(' ').map((extension) => [`.${extension}`, kind as TextKind] as const),
  ),
);

/** Undefined for files whose name promises something else than text. */
export function textKind(file: string): TextKind | undefined {
  const extension = extname(file).toLowerCase();
  // Names as `.profile` and `LICENSE` promise nothing, `READ.ME 2` and `v1.2` do not either.
  if (extension === '' || !/^\.[a-z][\w-]{0,15}$/.test(extension)) return 'unnamed';
  if (extension === '.txt' && /\.rst\.txt$/i.test(file)) return 'rst';
  return kinds.get(extension);
}

const interpreters: readonly (readonly [RegExp, TextKind])[] = [
  [/\bpython/, 'python'],
  [/\b(node|deno|bun)\b/, 'js'],
  [/\b(ba|z|da|k|fi)?sh\b/, 'shell'],
  [/\bruby/, 'ruby'],
  [/\bperl/, 'perl'],
  [/\bphp/, 'php'],
  [/\blua/, 'lua'],
];

/** What a file without an extension is, by its beginning. */
export function kindOfContent(file: string, text: string): TextKind {
  const start = text.slice(0, 200).trimStart();
  if (start.startsWith('#!')) {
    const [line = ''] = start.split('\n');
    return interpreters.find(([pattern]) => pattern.test(line))?.[1] ?? 'text';
  }
  if (/^<(!doctype html|html)\b/i.test(start)) return 'html';
  // Files without an extension that are Markdown begin with a heading, as read by people; those of programs do not.
  return /^# \S/.test(start) && /^readme|^contributing/i.test(basename(file)) ? 'markdown' : 'text';
}

/** Written by programs for programs: locked versions, and what was made small. */
const generatedNames =
  /^(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|bun\.lockb?|go\.sum|.*\.lock|packages\.lock\.json|.*[.-]min\.(m?js|cjs|css|html)|.*\.(bundle|chunk)\.(m?js|css)|.*\.tsbuildinfo)$/i;

export function isGeneratedName(file: string): boolean {
  return generatedNames.test(basename(file));
}
