import { fromMarkdown } from 'mdast-util-from-markdown';
import { toString as textOf } from 'mdast-util-to-string';

/** The text between two headings. */
export interface Section {
  /** From the outermost to the innermost, its own heading last. */
  readonly headings: readonly string[];
  /** Markdown, without the heading. */
  readonly text: string;
}

/** Cuts Markdown at its headings. Sections without text are left out. */
export function splitIntoSections(markdown: string): Section[] {
  const sections: Section[] = [];
  let headings: string[] = [];
  let start = 0;
  const close = (end: number): void => {
    const text = markdown.slice(start, end).trim();
    if (text !== '') sections.push({ headings: headings.filter(Boolean), text });
  };
  for (const node of fromMarkdown(markdown).children) {
    if (node.type !== 'heading' || !node.position) continue;
    close(node.position.start.offset ?? 0);
    start = node.position.end.offset ?? 0;
    // A heading closes those of its own depth and deeper; skipped depths stay empty.
    headings = headings.slice(0, node.depth - 1);
    headings[node.depth - 1] = textOf(node).replace(/\s+/g, ' ').trim();
  }
  close(markdown.length);
  return sections;
}
