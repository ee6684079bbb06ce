// Tables of pages of docs/ that are not made by the comparison of libraries.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';

const pageOf = (name) => fileURLToPath(new URL(`../docs/${name}.md`, import.meta.url));

export function printTable(head, rows) {
  const table = new Table({ head });
  table.push(...rows);
  console.log(table.toString());
}

/**
 * Puts rows into a table of the page. Rows that are there stay, unless their first cells are those of a new one.
 *
 * @param keys how many cells tell rows apart
 */
export function writeTable(name, head, rows, { keys, page = 'benchmarks' }) {
  const file = pageOf(page);
  const text = readFileSync(file, 'utf8');
  const { start, end } = placeOf(text, name);
  const keyOf = (cells) => cells.slice(0, keys).join();
  const cellsOf = (line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const added = rows.map((row) => row.map(String));
  const replaced = new Set(added.map(keyOf));
  const before = text.slice(start, end).trim().split('\n').slice(2).map(cellsOf);
  const all = [...before.filter((cells) => !replaced.has(keyOf(cells))), ...added];
  const lines = [head, head.map(() => '---'), ...all].map((cells) => `| ${cells.join(' | ')} |`);
  writeFileSync(file, `${text.slice(0, start)}\n${lines.join('\n')}\n${text.slice(end)}`);
}

/** What a page has between two marks. */
export function partOf(text, name) {
  const { start, end } = placeOf(text, name);
  return text.slice(start, end).trim();
}

function placeOf(text, name) {
  const [before, after] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const start = text.indexOf(before) + before.length;
  const end = text.indexOf(after);
  if (end < start) throw new Error(`The page has no place for ${name}.`);
  return { start, end };
}
