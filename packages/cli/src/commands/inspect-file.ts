import { inspectPath } from '../stores/inspect-path.ts';
import { formatBytes } from '../terminal/format.ts';
import { print, printJson } from '../terminal/print.ts';
import { renderTable } from '../terminal/render-table.ts';

/** `bitryoshka inspect`: what a file or a folder of bitryoshka is. */
export async function inspectFile(
  path: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  const inspected = await inspectPath(path);
  if (json) {
    printJson(inspected);
    return;
  }
  const { kind, version, bytes, facts, parts } = inspected;
  print(`${path}: ${kind}, version ${version} of the format, ${formatBytes(bytes)}`);
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) {
    const shown = typeof value === 'number' ? value.toLocaleString('en') : value;
    print(`  ${name.padEnd(width)}  ${shown}`);
  }
  const rows = parts.map((part) => [
    part.name,
    part.what,
    part.bytes === undefined ? '' : formatBytes(part.bytes),
  ]);
  if (rows.length > 0) print(renderTable(['part', '', 'size'], rows));
}
