import type { Block, ReadText, TextLine } from './block.ts';
import { FenceTracker } from './fence-tracker.ts';

/** Markup whose headings stand in lines of their own. */
export type ProseKind = 'text' | 'rst' | 'asciidoc' | 'org' | 'latex';

interface Heading {
  readonly depth: number;
  readonly text: string;
  /** Lines that it takes. */
  readonly lines: number;
}

type FindHeading = (lines: readonly string[], i: number) => Heading | undefined;

/** Paragraphs, under their headings. */
export function readProse(text: string, kind: ProseKind): ReadText {
  const lines = text.split('\n');
  const findHeading = headingFinders[kind]?.();
  const fences = new FenceTracker();
  const blocks: Block[] = [];
  let paragraph: TextLine[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    fences.pass(line);
    const isCode = fences.opening !== undefined;
    const heading = isCode ? undefined : findHeading?.(lines, i);
    if (heading) {
      endParagraph();
      blocks.push({ kind: 'heading', depth: heading.depth, text: plainHeading(heading.text) });
      i += heading.lines - 1;
    } else if (line.trim() === '' && !isCode) endParagraph();
    else if (!noText[kind]?.test(line.slice(0, 500))) paragraph.push({ text: line, line: i + 1 });
  }
  endParagraph();
  return { blocks };

  function endParagraph(): void {
    if (paragraph.length > 0) blocks.push({ kind: 'text', lines: paragraph });
    paragraph = [];
  }
}

const noText: Partial<Record<ProseKind, RegExp>> = {
  // Labels, comments without a directive, images and substitutions.
  rst: /^\.\. (_[^:]{1,200}:\s*$|\|[^|]{1,100}\| |image::|figure::|toctree::|index::|contents::)|^\s{2,}:(target|alt|maxdepth|caption|width|height|align|class|name|hidden|local|depth):/,
  asciidoc: /^:[\w-]+!?:|^\/\/|^\[\[[\w-]+\]\]\s*$|^include::/,
  org: /^\s*#\+(begin_|end_)?\w+:?|^\s*:[\w-]+:\s*$/i,
  latex:
    /^\s*(%|\\(documentclass|usepackage|label|begin|end|maketitle|tableofcontents|input|include)\b)/,
};

const headingFinders: Partial<Record<ProseKind, () => FindHeading>> = {
  text: () => underlined(2),
  rst: () => underlined(Infinity),
  asciidoc: () => {
    const findUnderlined = underlined(2, ['=', '-', '~', '^', '+']);
    const findMarked = byPattern(/^(={1,6})\s+(\S.*)$/, (marks) => marks.length);
    return (lines, i) => findMarked(lines, i) ?? findUnderlined(lines, i);
  },
  org: () => byPattern(/^(\*{1,8})\s+(\S.*)$/, (marks) => marks.length),
  latex: () =>
    byPattern(
      /^\s{0,8}\\(part|chapter|section|subsection|subsubsection)\*?\{(.{1,300})\}/,
      (name) => 1 + ['part', 'chapter', 'section', 'subsection', 'subsubsection'].indexOf(name),
    ),
};

/**
 * Titles that are underlined.
 *
 * @param tolerance how much longer the line may be than the title, which tells titles from tables
 * @param marks from the outermost; others are as deep as the order says in which they come
 */
function underlined(tolerance: number, marks: readonly string[] = []): FindHeading {
  const depths = [...marks];
  return (lines, i) => {
    const [line = '', next = '', afterNext = ''] = lines.slice(i, i + 3);
    const isOverlined = isAdornment(line) && isAdornment(afterNext) && line[0] === afterNext[0];
    const title = isOverlined ? next : line;
    const under = (isOverlined ? afterNext : next).trimEnd();
    if (title.trim() === '' || !isAdornment(under) || isAdornment(title)) return undefined;
    if (!isOverlined && /^\s/.test(title)) return undefined;
    const longer = under.length - title.trim().length;
    if (longer < -2 || longer > tolerance) return undefined;
    const style = `${isOverlined ? 'over' : ''}${under[0]}`;
    if (!depths.includes(style)) depths.push(style);
    return { depth: depths.indexOf(style) + 1, text: title, lines: isOverlined ? 3 : 2 };
  };
}

function byPattern(pattern: RegExp, depthOf: (mark: string) => number): FindHeading {
  return (lines, i) => {
    const [, mark, text] = pattern.exec((lines[i] ?? '').slice(0, 500)) ?? [];
    return mark && text ? { depth: depthOf(mark), text, lines: 1 } : undefined;
  };
}

/** Without roles, anchors and the marks of code. */
function plainHeading(text: string): string {
  return text
    .slice(0, 500)
    .replace(/:[\w:]{1,30}:`([^`]{1,200})`/g, '$1')
    .replace(/\[\[[^\]]{1,100}\]\]/g, '')
    .replaceAll('`', '');
}

/** A line of one mark again and again. */
function isAdornment(line: string): boolean {
  const marks = line.length > 500 ? '' : line.trimEnd();
  return marks.length >= 3 && /^([-=~^"'`#*+:._<>])\1+$/.test(marks);
}
