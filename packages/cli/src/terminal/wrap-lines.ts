import wrapAnsi from 'wrap-ansi';

/** What a line begins with: white space, and the mark of a list, a quotation or a comment. */
const beginning = /^([ \t]*)((?:[-*+>]|\d+[.)]|\/\/\/?)[ \t]+)?/;
/** However deep the lines are. */
const fewestColumns = 8;

/** Lines of text as wide as a terminal: those that are longer go on under their beginning. */
export function wrapLines(text: string, columns: number): string[] {
  if (!Number.isFinite(columns)) return text.split('\n');
  return text.split('\n').flatMap((line) => {
    const [all = '', white = '', mark = ''] = beginning.exec(line) ?? [];
    const indent = white.replaceAll('\t', '  ');
    // What goes on is told from the next line of code.
    const hanging = indent + (mark !== '' ? ' '.repeat(mark.length) : indent === '' ? '' : '  ');
    const room = Math.max(fewestColumns, columns - Math.max(hanging.length, indent.length));
    const [first = '', ...rest] = wrapAnsi(line.slice(all.length), room, { hard: true }).split(
      '\n',
    );
    return [`${indent}${mark}${first}`, ...rest.map((part) => `${hanging}${part}`)];
  });
}
