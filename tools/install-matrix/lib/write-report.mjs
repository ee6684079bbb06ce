import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes Markdown and its data side by side, as `name.md` and `name.json`; returns the former. */
export function writeReport(out, name, markdown, data) {
  writeFileSync(join(out, `${name}.md`), `${markdown}\n`);
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(data, undefined, 2)}\n`);
  return markdown;
}
