/**
 * A fence of code, with what marks the lines of a quotation or a comment before it. Tildes are none here: they underline
 * titles in other markup.
 */
const fence = /^([\s>*#/;%!|]{0,40})(`{3,})([^`]*)$/;
/** A longer line is none. */
const longestFence = 200;

/** Follows lines of text, and knows whether they are in a piece of code. */
export class FenceTracker {
  #opening: string | undefined;

  /** The line that opened the code that the last line is in. */
  get opening(): string | undefined {
    return this.#opening;
  }

  pass(line: string): void {
    const [, , marks, info] = matchFence(line) ?? [];
    if (marks === undefined) return;
    if (this.#opening === undefined) {
      this.#opening = line;
      return;
    }
    const [, , opened = ''] = matchFence(this.#opening) ?? [];
    if (marks.startsWith(opened) && info?.trim() === '') this.#opening = undefined;
  }

  reset(): void {
    this.#opening = undefined;
  }

  copy(): FenceTracker {
    const copy = new FenceTracker();
    copy.#opening = this.#opening;
    return copy;
  }
}

/** The line that closes what this one opened. */
export function closingFence(opening: string): string {
  const [, marked = '', marks = '```'] = matchFence(opening) ?? [];
  return `${marked}${marks}`;
}

/** Marks that the code itself does not have. */
export function fenceAround(code: string): string {
  return code.includes('```') ? '`````' : '```';
}

/** Whether the line is a fence and nothing else. */
export function isFence(line: string): boolean {
  return matchFence(line) !== null;
}

function matchFence(line: string): RegExpExecArray | null {
  return line.length > longestFence ? null : fence.exec(line);
}
