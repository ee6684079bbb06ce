import type { Token } from 'markdown-it';
import MarkdownIt from 'markdown-it';
import type { Block, ReadText, TextLine } from './block.ts';
import { fenceAround } from './fence-tracker.ts';
import { isAnchorMark } from './html-tree.ts';
import { readFrontMatter } from './read-front-matter.ts';
import { readHtmlFragment } from './read-html.ts';

// Blocks are found in linear time. What is in a line is only looked at in headings.
const markdown = new MarkdownIt({ html: true });
const blockRules = ['normalize', 'block'];
const inlineOnly = new MarkdownIt({ html: true });
markdown.core.ruler.enableOnly(blockRules);

/** With the addresses of its badges. */
const longestHeading = 4000;

/** Headings, text, code and tables of Markdown. Front matter, comments, badges and anchors are no text. */
export function readMarkdown(
  text: string,
  { isMdx = false }: { readonly isMdx?: boolean } = {},
): ReadText {
  const lines = text.split('\n');
  const { title: written, metadata, lines: skipped } = readFrontMatter(lines);
  const title = (written && headingText(written, {})) || written;
  const body = lines.slice(skipped);
  return { title, metadata, blocks: [...readBlocks(body, skipped, isMdx)] };
}

/** @param skipped lines of the file before these */
function* readBlocks(lines: readonly string[], skipped: number, isMdx: boolean): Generator<Block> {
  // The parser notes there what names of links and images stand for.
  const references = {};
  const tokens = markdown.parse(lines.join('\n'), references);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    const [start, end] = token.map ?? [0, 0];
    const line = start + skipped + 1;
    if (token.type === 'heading_open') {
      const depth = Number(token.tag.slice(1));
      yield { kind: 'heading', depth, text: headingText(tokens[i + 1]?.content ?? '', references) };
    } else if (token.type === 'paragraph_open') {
      if (isMdx && /^(import|export)\s/.test(lines[start] ?? '')) continue;
      const cleaned = cleanLines(lines.slice(start, end), line);
      if (cleaned.length > 0) yield { kind: 'text', lines: cleaned };
    } else if (token.type === 'fence' || token.type === 'code_block') {
      yield codeBlock(token, line + (token.type === 'fence' ? 1 : 0), end + skipped);
    } else if (token.type === 'html_block') {
      yield* readHtmlFragment(token.content, line);
    } else if (token.type === 'table_open') {
      const rows = lines.slice(start, end).map((row, k) => ({ text: narrow(row), line: line + k }));
      yield { kind: 'text', head: rows.slice(0, 2), lines: rows.slice(2) };
      while (tokens[i]?.type !== 'table_close') i++;
    }
  }
}

/**
 * Without the indentation of the list that it may be in.
 *
 * @param first line of what is in the fences
 * @param last line of the block
 */
function codeBlock({ content, info }: Token, first: number, last: number): Block {
  const [language = ''] = /^[\w+#.-]{1,20}/.exec(info.trim()) ?? [];
  const inside = content.replace(/\n$/, '').split('\n');
  const marks = fenceAround(content);
  return {
    kind: 'text',
    lines: [
      { text: `${marks}${language}`, line: Math.max(1, first - 1) },
      ...inside.map((text, k) => ({ text, line: Math.min(first + k, last) })),
      // A fence that is not closed ends with what it is in.
      { text: marks, line: Math.min(first + inside.length, last) },
    ],
  };
}

/** A row without the spaces that align it. */
function narrow(row: string): string {
  return row
    .trim()
    .replace(/[ \t]+/g, ' ')
    .replace(/-{4,}/g, '---');
}

/** The words of a heading: no ids, images, tags, or links that only mark its place. */
function headingText(content: string, references: object): string {
  const source = content.length > longestHeading ? content.slice(0, longestHeading) : content;
  const [inline] = inlineOnly.parseInline(source, { ...references });
  let text = '';
  let linkStart = 0;
  for (const child of inline?.children ?? []) {
    if (child.type === 'link_open') linkStart = text.length;
    else if (child.type === 'link_close') {
      if (isAnchorMark(text.slice(linkStart))) text = text.slice(0, linkStart);
    } else if (child.type === 'softbreak' || child.type === 'hardbreak') text += ' ';
    else if (child.type !== 'image' && child.type !== 'html_inline') text += child.content;
  }
  return text
    .replace(/\s+/g, ' ')
    .replace(/(\s?\{[#.:/][^{}]*\}|\s:id=[\w-]+)\s*$/, '')
    .trim();
}

const target = String.raw`(?:\([^()]{0,500}\)|\[[^\]]{0,200}\])`;
const badge = new RegExp(String.raw`\[!\[[^\]]{0,300}\]${target}\]${target}`, 'g');
const image = new RegExp(String.raw`!\[([^\]]{0,300})\]${target}`, 'g');
const labelOnly = /^\s{0,3}\([\w:.-]{1,100}\)=\s*$/;
const tag =
  /<\/?(?:a|abbr|b|big|br|center|del|details|div|em|font|hr|i|img|ins|kbd|p|picture|s|small|source|span|strong|sub|summary|sup|u|wbr)(?:\s[^<>]{0,1000})?\/?>/gi;

/** Without badges, comments, tags and addresses of images; lines that had nothing else are gone. */
function cleanLines(lines: readonly string[], first: number): TextLine[] {
  const cleaned: TextLine[] = [];
  for (const [k, line] of lines.entries()) {
    const text = cleanLine(line);
    if (text.trim() !== '' || line.trim() === '') cleaned.push({ text, line: first + k });
  }
  return cleaned.every(({ text }) => text.trim() === '') ? [] : cleaned;
}

function cleanLine(line: string): string {
  if (labelOnly.test(line)) return '';
  if (!line.includes('<') && !line.includes('![')) return line;
  // What stands between backticks is meant as it is.
  const parts = line.split('`').map((part, i) => (i % 2 === 1 ? part : cleanProse(part)));
  return parts.join('`').trimEnd();
}

function cleanProse(text: string): string {
  return withoutComments(text.replace(badge, '').replace(image, '$1')).replace(tag, '');
}

function withoutComments(text: string): string {
  let kept = '';
  let position = 0;
  for (;;) {
    const start = text.indexOf('<!--', position);
    const end = start < 0 ? -1 : text.indexOf('-->', start + 4);
    if (end < 0) return kept + text.slice(position);
    kept += text.slice(position, start);
    position = end + 3;
  }
}
