/** @param {readonly string[]} head @param {readonly (readonly unknown[])[]} rows */
export function markdownTable(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
