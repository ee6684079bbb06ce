import Table from 'cli-table3';

/** A table of text: the first column to the left, the others, which are numbers mostly, to the right. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { compact: true, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
