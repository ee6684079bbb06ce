import { parse, parseFragment } from 'parse5';
import type { Block, ReadText, TextLine } from './block.ts';
import { SkippedFile } from './block.ts';
import { fenceAround, isFence } from './fence-tracker.ts';
import type { ChildNode, Element, ParentNode } from './html-tree.ts';
import {
  attribute,
  find,
  inlineTags,
  isAnchorMark,
  isElement,
  isNoContent,
  textOf,
} from './html-tree.ts';
import { mainElement } from './main-content.ts';

/** As deep as browsers go. */
const maximumDepth = 512;

/**
 * The title of a page, and its headings, text, code and tables; navigation and what else is no content is left out.
 *
 * @throws SkippedFile for elements nested deeper than browsers show
 */
export async function readHtml(html: string): Promise<ReadText> {
  const document = parse(html, { sourceCodeLocationInfo: true });
  checkDepth(document);
  const title = textOf(find(document, (element) => element.tagName === 'title'));
  const main = await mainElement(document);
  const walker = new Walker(1, main.isContent);
  walker.walk(main.root);
  return { title: title === '' ? undefined : title, blocks: walker.finish() };
}

/** The same for a piece of a page: all of it is content. */
export function readHtmlFragment(html: string, line: number): Block[] {
  const fragment = parseFragment(html, { sourceCodeLocationInfo: true });
  checkDepth(fragment);
  const walker = new Walker(line);
  walker.walk(fragment);
  return walker.finish();
}

function checkDepth(root: ParentNode): void {
  const waiting: [ParentNode, number][] = [[root, 0]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [node, depth] = next;
    if (depth > maximumDepth) throw new SkippedFile(`nested deeper than ${maximumDepth} elements`);
    for (const child of node.childNodes) if (isElement(child)) waiting.push([child, depth + 1]);
  }
}

/** Writes the elements of a page as Markdown, line by line, with the lines that they stand in. */
class Walker {
  readonly #blocks: Block[] = [];
  readonly #firstLine: number;
  readonly #isContent: (element: Element) => boolean;
  /** The line of text that is being collected. */
  #text = '';
  #line = 0;
  #lines: TextLine[] = [];
  #lastLine: number;
  /** Of the list item that the next text begins. */
  #marker = '';
  #listDepth = 0;

  constructor(firstLine: number, isContent: (element: Element) => boolean = () => true) {
    this.#firstLine = firstLine;
    this.#lastLine = firstLine;
    this.#isContent = isContent;
  }

  finish(): Block[] {
    this.#endBlock();
    return this.#blocks;
  }

  walk(parent: ParentNode): void {
    const isContent = !isElement(parent) || this.#isContent(parent);
    for (const child of parent.childNodes) {
      if ('value' in child) {
        if (isContent) this.#addText(child.value, this.#lineOf(child));
      } else if (isElement(child) && !isNoContent(child)) this.#walkElement(child);
    }
  }

  #walkElement(element: Element): void {
    const { tagName } = element;
    if (/^h[1-6]$/.test(tagName)) this.#heading(element);
    else if (tagName === 'pre') this.#code(element);
    else if (tagName === 'table' && isDataTable(element)) this.#table(element);
    else if (tagName === 'br') this.#endLine();
    else if (tagName === 'code' || tagName === 'tt') this.#inlineCode(element);
    else if (inlineTags.has(tagName)) this.walk(element);
    else if (tagName === 'li') this.#listItem(element);
    else {
      const isList = tagName === 'ul' || tagName === 'ol';
      if (isList && this.#listDepth > 0) this.#endLine();
      else this.#endBlock();
      if (isList) this.#listDepth++;
      this.walk(element);
      if (isList) this.#listDepth--;
      if (isList && this.#listDepth > 0) this.#endLine();
      else this.#endBlock();
    }
  }

  #heading(element: Element): void {
    this.#endBlock();
    if (!this.#isContent(element) && !this.#hasContent(element)) return;
    const text = headingOf(element);
    const depth = Number(element.tagName.slice(1));
    if (text !== '') this.#blocks.push({ kind: 'heading', depth, text });
  }

  #code(element: Element): void {
    this.#endBlock();
    if (!this.#isContent(element) && !this.#hasContent(element)) return;
    const inside = rawText(element).replace(/^\n|\s+$/g, '');
    if (inside === '') return;
    const start = this.#lineOf(element);
    const end = element.sourceCodeLocation?.endLine;
    const last = end === undefined ? Infinity : end + this.#firstLine - 1;
    const lines = inside.split('\n').map((text, k) => ({ text, line: Math.min(start + k, last) }));
    const marks = fenceAround(inside);
    this.#blocks.push({
      kind: 'text',
      lines: [
        { text: `${marks}${languageOf(element)}`, line: start },
        ...lines,
        { text: marks, line: lines.at(-1)?.line ?? start },
      ],
    });
  }

  #inlineCode(element: Element): void {
    const text = textOf(element);
    if (text === '' || !this.#isContent(element)) return;
    this.#addText(text.includes('`') ? text : `\`${text}\``, this.#lineOf(element));
  }

  #table(element: Element): void {
    this.#endBlock();
    if (!this.#isContent(element) && !this.#hasContent(element)) return;
    const rows = rowsOf(element);
    const columns = columnsOf(rows);
    const lines = rows.map(({ cells, row }) => ({
      text: `| ${cells.join(' | ')} |`,
      line: this.#lineOf(row),
    }));
    const [first] = lines;
    if (!first) return;
    const rule = { text: `|${' --- |'.repeat(Math.min(columns, 100))}`, line: first.line };
    this.#blocks.push({ kind: 'text', head: [first, rule], lines: lines.slice(1) });
  }

  #listItem(element: Element): void {
    this.#endLine();
    const parent = element.parentNode;
    const isNumbered = parent && isElement(parent) && parent.tagName === 'ol';
    const indent = '  '.repeat(Math.max(0, Math.min(this.#listDepth, 10) - 1));
    this.#marker = `${indent}${isNumbered ? '1.' : '-'} `;
    this.walk(element);
    this.#endLine();
    this.#marker = '';
  }

  #hasContent(element: Element): boolean {
    return find(element, this.#isContent) !== undefined;
  }

  #addText(value: string, line: number): void {
    if (value.trim() !== '' && this.#text.trim() === '') {
      // The text may begin with line ends of the file.
      const blank = /^\s*/.exec(value)?.[0] ?? '';
      this.#line = line + blank.split('\n').length - 1;
    }
    this.#text += value;
    this.#lastLine = line;
  }

  #endLine(): void {
    const text = this.#text.replace(/\s+/g, ' ').trim();
    this.#text = '';
    if (text === '' || isFence(text)) return;
    this.#lines.push({ text: `${this.#marker}${text}`, line: this.#line });
    this.#marker = '';
  }

  #endBlock(): void {
    this.#endLine();
    if (this.#lines.length > 0) this.#blocks.push({ kind: 'text', lines: this.#lines });
    this.#lines = [];
  }

  /** Elements that a parser adds have none of their own. */
  #lineOf(node: ChildNode): number {
    const line = node.sourceCodeLocation?.startLine;
    return line === undefined ? this.#lastLine : line + this.#firstLine - 1;
  }
}

/** Without images, and links that only mark the place. */
function headingOf(element: Element): string {
  let text = '';
  const collect = (node: ParentNode): void => {
    for (const child of node.childNodes) {
      if ('value' in child) text += child.value;
      else if (isElement(child) && !isNoContent(child)) {
        const start = text.length;
        collect(child);
        if (child.tagName === 'a' && isAnchorMark(text.slice(start))) {
          text = text.slice(0, start);
        }
      }
    }
  };
  collect(element);
  return text.replace(/\s+/g, ' ').trim();
}

function rawText(element: ParentNode): string {
  let text = '';
  for (const child of element.childNodes) {
    if ('value' in child) text += child.value;
    else if (isElement(child)) {
      if (child.tagName === 'br') text += '\n';
      else if (!isNoContent(child)) text += rawText(child);
    }
  }
  return text;
}

/** As Markdown has it after the fence, from the classes of highlighters. */
function languageOf(pre: Element): string {
  const near: Element[] = [pre, ...pre.childNodes.filter(isElement).slice(0, 3)];
  for (let parent = pre.parentNode, i = 0; parent && isElement(parent) && i < 2; i++) {
    near.push(parent);
    parent = parent.parentNode;
  }
  for (const element of near) {
    const match = /(?:^|\s)(?:language|lang|highlight|highlight-source)-([\w+#]{1,20})/.exec(
      (attribute(element, 'class') ?? '').slice(0, 300),
    );
    const [, language] = match ?? [];
    if (language && language !== 'default' && language !== 'none') return language;
  }
  return '';
}

interface Row {
  readonly row: Element;
  readonly cells: readonly string[];
}

function rowsOf(table: Element): Row[] {
  const rows: Row[] = [];
  const visit = (parent: ParentNode): void => {
    for (const child of parent.childNodes) {
      if (!isElement(child)) continue;
      if (child.tagName !== 'tr') {
        if (/^t(head|body|foot)$/.test(child.tagName)) visit(child);
        continue;
      }
      const cells = child.childNodes
        .filter(isElement)
        .filter(({ tagName }) => tagName === 'td' || tagName === 'th')
        .map((cell) => textOf(cell).replaceAll('|', '\\|'));
      if (cells.some((cell) => cell !== '')) rows.push({ row: child, cells });
    }
  };
  visit(table);
  return rows;
}

function columnsOf(rows: readonly Row[]): number {
  return rows.reduce((most, { cells }) => Math.max(most, cells.length), 0);
}

/** Others only lay out what they hold. */
function isDataTable(table: Element): boolean {
  const holdsBlocks = find(table, ({ tagName }) =>
    /^(table|pre|h[1-6]|ul|ol|dl|div|p)$/.test(tagName),
  );
  const hasHead = find(table, ({ tagName }) => tagName === 'th') !== undefined;
  if (columnsOf(rowsOf(table)) < 2) return false;
  return hasHead ? holdsBlocks?.tagName !== 'pre' : holdsBlocks === undefined;
}
