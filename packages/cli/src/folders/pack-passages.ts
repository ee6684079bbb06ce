import { stripControls, stripToLine } from '../terminal/strip-controls.ts';
import type { ReadText, TextBlock, TextLine } from './block.ts';
import { SkippedFile } from './block.ts';
import { closingFence, FenceTracker } from './fence-tracker.ts';

/** A piece of a file, short enough to be embedded and read. */
export interface Passage {
  /** The headings above it, from the outermost to the innermost; empty where there are none. */
  readonly headings: readonly string[];
  readonly text: string;
  /** Its first line in the file, from 1: the page of a PDF file, the paragraph of a DOCX file. */
  readonly line: number;
  readonly endLine: number;
}

/** Characters: about the 256 tokens that sentence encoders read. */
const passageLength = 1000;
/** What is shorter goes with the beginning of what follows, though that has to be cut for it. */
const shortLength = 200;
const headingLength = 200;
/** More than four megabytes of text have; a file with more is data. */
const maximumPassages = 10_000;

interface Piece {
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
}

/**
 * Cuts what was read into passages. None reaches over a heading; code is cut between lines, and each part of it has
 * its fences; each part of a table has its head.
 *
 * @throws SkippedFile for more passages than texts have
 */
export function packPassages({ title, blocks }: ReadText): Passage[] {
  const passages: Passage[] = [];
  const outermost = title === undefined ? '' : clean(title);
  let headings: string[] = [];
  let pending: Piece | undefined;
  for (const block of blocks) {
    if (block.kind === 'heading') {
      close();
      // A heading closes those of its own depth and deeper; skipped depths stay empty.
      headings = headings.slice(0, block.depth - 1);
      headings[block.depth - 1] = clean(block.text);
      continue;
    }
    const room = pending && pending.text.length <= shortLength ? pending.text.length + 2 : 0;
    for (const piece of splitBlock(block, room)) {
      const joined: Piece | undefined = pending && join(pending, piece);
      if (joined && joined.text.length <= passageLength) pending = joined;
      else {
        close();
        pending = piece;
      }
    }
  }
  close();
  return passages;

  function close(): void {
    const text = stripControls(pending?.text ?? '');
    // Rules, badges and other passages without a word have nothing to be found by.
    if (pending && /\p{L}{2}/u.test(text)) {
      if (passages.length === maximumPassages) {
        throw new SkippedFile(`more than ${maximumPassages.toLocaleString('en')} passages`);
      }
      const { line, endLine } = pending;
      passages.push({
        headings: withTitle(outermost, headings.filter(Boolean)),
        text,
        line,
        endLine,
      });
    }
    pending = undefined;
  }
}

function clean(heading: string): string {
  const line = stripToLine(heading.slice(0, 4 * headingLength));
  return line.length <= headingLength ? line : `${line.slice(0, headingLength)}…`;
}

/** The title is that of the first heading mostly, with the name of the site perhaps. */
function withTitle(title: string, headings: string[]): string[] {
  const [first] = headings;
  if (title === '' || (first && isSaidBy(title, first))) return headings;
  return [title, ...headings];
}

function isSaidBy(title: string, heading: string): boolean {
  const [long, short] = [title.toLowerCase(), heading.toLowerCase()];
  return long.startsWith(short) || long.endsWith(short) || short.includes(long);
}

function join(first: Piece, second: Piece): Piece {
  const isNext = second.line - first.endLine <= 1 && !/^\s*(```|\|)/.test(second.text);
  const separator = isNext && !/\n\s*`{3,}$/.test(first.text) ? '\n' : '\n\n';
  return {
    text: `${first.text}${separator}${second.text}`,
    line: first.line,
    endLine: Math.max(first.endLine, second.endLine),
  };
}

/** @param taken characters of the first piece that are taken already, if the block has to be cut anyway */
function* splitBlock({ lines: all, head = [] }: TextBlock, taken: number): Generator<Piece> {
  const headText = head.map(({ text }) => text);
  const headLength = lengthOf(headText);
  const isHeadKept = headLength <= passageLength / 2;
  const before = isHeadKept ? headText : [];
  const own = isHeadKept ? all : [...head, ...all];
  const whole = lengthOf(before) + lengthOf(own.map(({ text }) => text));
  const fits = whole <= passageLength;
  if (fits) taken = 0;
  const longestLine = passageLength - lengthOf(before) - 40;
  const lines = fits ? own : own.flatMap((line) => cutLine(line, longestLine));
  const fences = new FenceTracker();
  for (let start = 0; start < lines.length; ) {
    const reopened = fences.opening;
    const prefix = reopened === undefined ? before : [...before, reopened];
    const room = passageLength - taken - lengthOf(prefix) - 10;
    const end = fits ? lines.length : findCut(lines, start, room, fences);
    const part = lines.slice(start, end);
    for (const { text } of part) fences.pass(text);
    const suffix = fences.opening === undefined ? [] : [closingFence(fences.opening)];
    if (end === lines.length) fences.reset();
    const text = [...prefix, ...part.map((line) => line.text), ...suffix].join('\n').trimEnd();
    const first = start === 0 && isHeadKept ? (head[0] ?? part[0]) : part[0];
    yield { text, line: first?.line ?? 1, endLine: part.at(-1)?.line ?? 1 };
    start = end;
    taken = 0;
  }
}

/** Where a part that starts there ends: not in a fence if possible, then after a blank line or a sentence. */
function findCut(
  lines: readonly TextLine[],
  start: number,
  room: number,
  opened: FenceTracker,
): number {
  const fences = opened.copy();
  let length = 0;
  let [outside, blank, sentence] = [0, 0, 0];
  let end = start;
  for (; end < lines.length; end++) {
    const { text } = lines[end] as TextLine;
    length += text.length + 1;
    if (length > room && end > start) break;
    fences.pass(text);
    if (fences.opening !== undefined || length < room / 2) continue;
    outside = end + 1;
    if (text.trim() === '') blank = end + 1;
    else if (/[.!?:;。！？][)"'”’\]]?\s*$/.test(text.slice(-8))) sentence = end + 1;
  }
  if (end === lines.length) return end;
  return blank || sentence || outside || end;
}

/** A line in parts that fit: after a sentence, a word, or anywhere. */
function cutLine({ text, line }: TextLine, room: number): TextLine[] {
  const parts: TextLine[] = [];
  let start = 0;
  while (text.length - start > room) {
    const window = text.slice(start, start + room);
    const earliest = Math.floor(room / 2);
    const sentence = lastIndexOf(window, /[.!?][)"'”’\]]?\s|[。！？]/g, earliest);
    const word = window.lastIndexOf(' ');
    let end = start + (sentence ?? (word > earliest ? word : room));
    // Pairs of surrogates are one character.
    if (/[\ud800-\udbff]/.test(text[end - 1] ?? '')) end--;
    parts.push({ text: text.slice(start, end).trimEnd(), line });
    start = end;
    while (text[start] === ' ') start++;
  }
  parts.push({ text: text.slice(start), line });
  return parts;
}

/** The end of the last match that begins at `earliest` or later. */
function lastIndexOf(text: string, pattern: RegExp, earliest: number): number | undefined {
  let found: number | undefined;
  pattern.lastIndex = earliest;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    found = match.index + match[0].length;
  }
  return found;
}

/** With the ends of the lines. */
function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
