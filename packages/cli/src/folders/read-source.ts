import type { Block, ReadText, TextLine } from './block.ts';
import type { SourceLanguage } from './text-kind.ts';

interface Definition {
  readonly name: string;
  readonly indent: number;
  /** Whether definitions in it have passages of their own: those of classes, not those of functions. */
  readonly isContainer: boolean;
}

/** What a language calls a definition, with its name in a group; lines are given without their indentation. */
interface Grammar {
  readonly containers?: RegExp;
  readonly others: RegExp;
  /** What is a definition in a container only: elsewhere, calls look like it. */
  readonly methods?: RegExp;
}

const longestLine = 300;

/** The functions and classes of a program, with their names as headings and the comments above them. */
export function readSource(text: string, language: SourceLanguage): ReadText {
  const grammar = grammars[language];
  const blocks: Block[] = [];
  const open: Definition[] = [];
  let lines: TextLine[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const code = line.trimStart();
    const indent = line.length - code.length;
    if (code !== '' && !isAttached(code)) {
      const outer = open.findLast((definition) => definition.indent < indent);
      // What is defined in a function, or in a call, is part of that.
      const isFound = outer ? outer.isContainer : indent === 0;
      const definition = isFound ? findDefinition(code, indent, grammar, indent > 0) : undefined;
      const depth = open.length;
      while (open.length > 0 && indent <= (open.at(-1) as Definition).indent) {
        if (!definition && isClosing(code)) break;
        open.pop();
      }
      if (definition) {
        const above = takeAttached();
        end();
        open.push(definition);
        blocks.push({ kind: 'heading', depth: open.length, text: definition.name });
        lines = above;
      } else if (open.length < depth) {
        const above = takeAttached();
        end();
        blocks.push({ kind: 'heading', depth: open.length + 1, text: '' });
        lines = above;
      }
    }
    lines.push({ text: line, line: i + 1 });
  }
  end();
  return { blocks };

  /** Comments and annotations that stand right above belong to what follows. */
  function takeAttached(): TextLine[] {
    let start = lines.length;
    while (start > 0 && isAttached((lines[start - 1]?.text ?? '').trimStart())) start--;
    return lines.splice(start);
  }

  function end(): void {
    while (lines.length > 0 && lines.at(-1)?.text.trim() === '') lines.pop();
    const start = lines.findIndex((line) => line.text.trim() !== '');
    if (start >= 0) blocks.push({ kind: 'text', lines: lines.slice(start) });
    lines = [];
  }
}

function findDefinition(
  code: string,
  indent: number,
  { containers, others, methods }: Grammar,
  isInContainer: boolean,
): Definition | undefined {
  if (code.length > longestLine) return undefined;
  const container = nameIn(containers?.exec(code));
  const method = isInContainer ? methods : undefined;
  const name = container ?? nameIn(others.exec(code)) ?? nameIn(method?.exec(code));
  if (name === undefined || noNames.has(name)) return undefined;
  return { name, indent, isContainer: container !== undefined };
}

function nameIn(match: RegExpExecArray | null | undefined): string | undefined {
  return match?.slice(1).find((group) => group !== undefined);
}

/** What looks like the name of a method, and is none. */
const noNames = new Set(
  'if for while switch catch return function else do with throw new typeof await yield super sizeof elif until foreach using lock when'.split(
    ' ',
  ),
);

/** A comment, a decorator, an attribute of the compiler. */
function isAttached(code: string): boolean {
  return /^(\/\/|\/\*|\*|#(?!!|include|define|if|else|endif)|@|--|;;|%|<!--|\[[A-Z]|template\s*<)/.test(
    code,
  );
}

function isClosing(code: string): boolean {
  return /^([)}\]{]|end\b|else\b|elif\b|except\b|finally\b|catch\b|rescue\b|ensure\b|#)/.test(code);
}

const modifiers =
  '(?:(?:public|private|protected|internal|static|final|abstract|sealed|partial|open|override|virtual|async|export|default|declare|readonly|inline|data|implicit|case|mutating|fileprivate|suspend|operator|external|unsafe|extern|synchronized|native|lazy)\\s+){0,6}';

/** Methods and functions of C and what looks like it: what is returned, a name, parameters, no end. */
const cFunction = '[\\w<>\\[\\],*&:~ ]{1,120}[\\s*&]([\\w~:]{1,100})\\s?\\([^;]*$';

const grammars: Readonly<Record<SourceLanguage, Grammar>> = {
  js: {
    containers: new RegExp(`^${modifiers}(?:class|interface|namespace|module)\\s+([\\w$]+)`),
    others: new RegExp(
      [
        `^${modifiers}(?:function\\*?|enum|type)\\s+([\\w$]+)`,
        `^(?:export\\s+)?(?:const|let|var)\\s+([\\w$]+)[^=]{0,150}=\\s*(?:async\\s*)?(?:function\\b|\\(|[\\w$]+\\s*=>)`,
        `^(?:module\\.)?exports\\.([\\w$]+)\\s*=\\s*(?:async\\s*)?(?:function|\\()`,
      ].join('|'),
    ),
    methods: new RegExp(
      `^${modifiers}(?:get\\s+|set\\s+)?\\*?#?([\\w$]+)\\s*(?:<[^>]*>)?\\([^;]*\\{$`,
    ),
  },
  python: { containers: /^class\s+(\w+)/, others: /^(?:async\s+)?def\s+(\w+)/ },
  go: { others: /^func\s+(?:\([^)]*\)\s*)?(\w+)|^type\s+(\w+)/ },
  rust: {
    containers:
      /^(?:pub(?:\([^)]*\))?\s+)?(?:unsafe\s+)?(?:trait|mod|impl)(?:<[^{]*?>)?\s+(?:[\w:<>', ]{1,100}\s+for\s+)?(\w+)[^;]*$/,
    others:
      /^(?:pub(?:\([^)]*\))?\s+)?(?:(?:async|unsafe|const|extern)\s+(?:"\w+"\s+)?){0,4}(?:fn|struct|enum|union|type|macro_rules!)\s+(\w+)/,
  },
  java: {
    containers: new RegExp(
      `^${modifiers}(?:class|interface|enum|record|struct|object|namespace|@interface)\\s+([\\w.]+)`,
    ),
    others: new RegExp(`^${modifiers}fun\\s+(?:<[^>]*>\\s*)?([\\w.]+)`),
    methods: new RegExp(`^${cFunction}`),
  },
  cpp: {
    containers:
      /^(?:template\s*<[^>]*>\s*)?(?:class|struct|namespace|union)\s+(?:\w+\s+)?(\w+)[^;]*$/,
    others: new RegExp(`^(?:typedef\\s+)?enum\\s+(?:class\\s+)?(\\w+)|^${cFunction}`),
  },
  php: {
    containers: new RegExp(`^${modifiers}(?:class|interface|trait|enum)\\s+(\\w+)`),
    others: new RegExp(`^${modifiers}function\\s+&?(\\w+)`),
  },
  ruby: { containers: /^(?:class|module)\s+([\w:]+)/, others: /^def\s+([\w.?!=]+)/ },
  scala: {
    containers: new RegExp(`^${modifiers}(?:class|object|trait)\\s+(\\w+)`),
    others: new RegExp(`^${modifiers}def\\s+(\\w+)`),
  },
  swift: {
    containers: new RegExp(
      `^${modifiers}(?:class|struct|enum|protocol|extension|actor)\\s+([\\w.]+)`,
    ),
    others: new RegExp(`^${modifiers}func\\s+(\\w+)`),
  },
  proto: { others: /^(?:message|service|enum)\s+(\w+)/ },
  sol: {
    containers: /^(?:abstract\s+)?(?:contract|library|interface)\s+(\w+)/,
    others: /^(?:function|modifier|event|struct)\s+(\w+)/,
  },
  shell: { others: /^(?:function\s+([\w:-]+)|([\w:-]+)\s*\(\)\s*\{?)/ },
  lua: { others: /^(?:local\s+)?function\s+([\w.:]+)/ },
  elixir: { containers: /^defmodule\s+([\w.]+)/, others: /^defp?\s+([\w?!]+)/ },
  perl: { others: /^sub\s+(\w+)/ },
  sql: {
    others:
      /^create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:table|view|function|procedure|trigger|type)\s+(?:if\s+not\s+exists\s+)?([\w."]+)/i,
  },
};
