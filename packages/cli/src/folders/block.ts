/** A line of what was read, and where it stands in its file. */
export interface TextLine {
  readonly text: string;
  /** From 1. Pages for PDF, paragraphs for DOCX. */
  readonly line: number;
}

interface HeadingBlock {
  readonly kind: 'heading';
  /** From 1, the outermost. */
  readonly depth: number;
  /** Empty for what belongs to no heading of this depth any more. */
  readonly text: string;
}

/** What stands together: a paragraph, a piece of code with its fences, a table. */
export interface TextBlock {
  readonly kind: 'text';
  readonly lines: readonly TextLine[];
  /** Of a table: lines that are repeated above each part when it has to be cut. */
  readonly head?: readonly TextLine[];
}

export type Block = HeadingBlock | TextBlock;

/** What a file says, in the order in which it says it. */
export interface ReadText {
  readonly title?: string | undefined;
  /** What the file says of itself: the fields of its front matter. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly blocks: readonly Block[];
}

/** A file that is left out, and why. */
export class SkippedFile extends Error {
  override readonly name = 'SkippedFile';
}
