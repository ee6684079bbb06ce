import wrapAnsi from 'wrap-ansi';

/** Lines of text as wide as a terminal: those that are longer go on under their beginning. */
export function wrapLines(text: string, columns: number): string[] {
  if (!Number.isFinite(columns)) return text.split('\n');
  return text.split('\n').flatMap((line) => {
    const [indent = ''] = /^[ \t]*/.exec(line) ?? [];
    const spaces = indent.replaceAll('\t', '  ');
    const room = Math.max(20, columns - spaces.length - 2);
    const wrapped = wrapAnsi(line.slice(indent.length), room, { hard: true });
    // What goes on is told from the next line of code.
    const hanging = spaces === '' ? '' : `${spaces}  `;
    return wrapped.split('\n').map((part, i) => `${i === 0 ? spaces : hanging}${part}`);
  });
}
