import type { Node } from 'jsonc-parser';
import type { Block, ReadText, TextLine } from './block.ts';
import { SkippedFile } from './block.ts';
import { fenceAround } from './fence-tracker.ts';
import { readMarkdown } from './read-markdown.ts';

/**
 * The cells of a Jupyter notebook, each line with the one that it stands in in the file.
 *
 * @throws SkippedFile for what is no notebook
 */
export async function readNotebook(json: string): Promise<ReadText> {
  const { findNodeAtLocation, getNodeValue, parseTree } = await import('jsonc-parser');
  const tree = parseTree(json);
  const cells = tree && findNodeAtLocation(tree, ['cells']);
  if (!tree || cells?.type !== 'array') throw new SkippedFile('no notebook');
  const lineAt = lineFinder(json);
  const named =
    findNodeAtLocation(tree, ['metadata', 'kernelspec', 'language']) ??
    findNodeAtLocation(tree, ['metadata', 'language_info', 'name']);
  const language = named
    ? String(getNodeValue(named))
        .replace(/[^\w+#-]/g, '')
        .slice(0, 20)
    : '';
  const blocks: Block[] = [];
  let title: string | undefined;
  let metadata: ReadText['metadata'];
  for (const cell of cells.children ?? []) {
    const source = findNodeAtLocation(cell, ['source']);
    const kind = findNodeAtLocation(cell, ['cell_type'])?.value;
    const lines = source ? sourceLines(source, lineAt) : [];
    if (kind === 'markdown') {
      const read = readMarkdown(lines.map(({ text }) => text).join('\n'));
      title ??= read.title;
      metadata ??= read.metadata;
      for (const block of read.blocks) blocks.push(placed(block, lines));
    } else if (kind === 'code' && lines.some(({ text }) => text.trim() !== '')) {
      const [first, last] = [lines[0]?.line ?? 1, lines.at(-1)?.line ?? 1];
      const marks = fenceAround(lines.map(({ text }) => text).join('\n'));
      blocks.push({
        kind: 'text',
        lines: [{ text: marks + language, line: first }, ...lines, { text: marks, line: last }],
      });
    }
  }
  return { title, metadata, blocks };
}

/** A source is a text, or a list of lines with their ends. */
function sourceLines(source: Node, lineAt: (offset: number) => number): TextLine[] {
  const parts = source.type === 'array' ? (source.children ?? []) : [source];
  const lines: { text: string; line: number }[] = [];
  let isOpen = false;
  for (const { value, offset } of parts) {
    if (typeof value !== 'string') continue;
    for (const [k, text] of value.split(/\r\n?|\n/).entries()) {
      const last = lines.at(-1);
      if (k > 0 || !isOpen || !last) lines.push({ text, line: lineAt(offset) });
      else {
        if (last.text === '') last.line = lineAt(offset);
        last.text += text;
      }
    }
    // A part that ends with a line end leaves an empty line for the next to fill.
    isOpen = true;
  }
  return lines;
}

/** From the lines of a cell to those of the file. */
function placed(block: Block, cell: readonly TextLine[]): Block {
  if (block.kind === 'heading') return block;
  const place = ({ text, line }: TextLine): TextLine => {
    return { text, line: cell[Math.min(line, cell.length) - 1]?.line ?? 1 };
  };
  return {
    ...block,
    lines: block.lines.map(place),
    ...(block.head && { head: block.head.map(place) }),
  };
}

/** For offsets in increasing order. */
function lineFinder(text: string): (offset: number) => number {
  let [line, next] = [1, text.indexOf('\n')];
  return (offset) => {
    while (next >= 0 && next < offset) {
      line++;
      next = text.indexOf('\n', next + 1);
    }
    return line;
  };
}
