/** Characters of a window: a sentence or two. */
const windowLength = 200;

/** Ends of paragraphs, of items of lists and rows of tables, and of sentences. */
const ends = /\n\s*\n|\n(?=\s*[-*+|#\d])|(?<=[.!?:])\s+(?=[\p{Lu}`[(*_])/u;

/**
 * Pieces of a passage, a sentence or some short ones each; the last sentence of one begins the next. The vector of a
 * passage is the mean of all that it says: a window is nearer to a question that only a part of it answers.
 */
export function cutWindows(text: string): string[] {
  const sentences = text
    .split(ends)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\p{L}{2}/u.test(sentence));
  const windows: string[] = [];
  for (let start = 0; start < sentences.length; ) {
    let end = start + 1;
    let length = (sentences[start] as string).length;
    while (end < sentences.length) {
      length += (sentences[end] as string).length + 1;
      if (length > windowLength) break;
      end++;
    }
    windows.push(sentences.slice(start, end).join(' '));
    if (end === sentences.length) break;
    start = Math.max(start + 1, end - 1);
  }
  return windows.length > 0 ? windows : [text];
}
