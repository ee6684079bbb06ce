import { extname } from 'node:path';

/** How the text of a file is structured: a language known to the splitter, or one of our own names. */
export type TextKind = 'markdown' | 'html' | 'text' | SourceLanguage;

/** Languages that the splitter knows where to cut. */
type SourceLanguage =
  | 'cpp'
  | 'go'
  | 'java'
  | 'js'
  | 'php'
  | 'proto'
  | 'python'
  | 'rst'
  | 'ruby'
  | 'rust'
  | 'scala'
  | 'swift'
  | 'latex'
  | 'sol';

const extensions: Readonly<Record<TextKind, string>> = {
  markdown: 'md markdown mdx mdown',
  html: 'html htm xhtml',
  text: 'txt text adoc asciidoc org log csv tsv json jsonl yaml yml toml ini cfg conf xml sql sh bash zsh fish ps1 r jl lua pl hs ml ex exs erl clj lisp zig nim dart vue svelte css scss less tex bib',
  cpp: 'c h cc cpp cxx hpp hh',
  go: 'go',
  java: 'java kt kts cs groovy',
  js: 'js mjs cjs jsx ts mts cts tsx',
  php: 'php',
  proto: 'proto',
  python: 'py pyi',
  rst: 'rst',
  ruby: 'rb',
  rust: 'rs',
  scala: 'scala',
  swift: 'swift',
  latex: 'latex',
  sol: 'sol',
};

const kinds = new Map(
  Object.entries(extensions).flatMap(([kind, list]) =>
    list.split(' ').map((extension) => [`.${extension}` as string, kind as TextKind] as const),
  ),
);

/** Undefined for files whose name does not promise text. */
export function textKind(file: string): TextKind | undefined {
  return kinds.get(extname(file).toLowerCase());
}
