import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { stripToLine } from '../terminal/strip-controls.ts';

export interface FrontMatter {
  readonly title?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Lines that it takes, with its fences. */
  readonly lines: number;
}

const startsWithField = /^\s*(#.*\n\s*)*("[^"\n]{1,200}"|'[^'\n]{1,200}'|[\w.-]+)\s*:/;

/** Longer ones are left out without being read. */
const maximumLength = 20_000;
const maximumValues = 50;
const maximumText = 500;

/** What stands between `---` (YAML) or `+++` (TOML) at the very beginning. */
export function readFrontMatter(lines: readonly string[]): FrontMatter {
  const fence = lines[0]?.trimEnd();
  if (fence !== '---' && fence !== '+++') return { lines: 0 };
  const end = lines.findIndex((line, i) => i > 0 && isEnd(fence, line.trimEnd()));
  if (end < 0) return { lines: 0 };
  const source = lines.slice(1, end).join('\n');
  const fields = parse(source, fence);
  // A rule, and text after it.
  if (fields === undefined) return { lines: 0 };
  const { title: named, ...rest } = plainFields(fields);
  const title = typeof named === 'string' && named !== '' ? named : undefined;
  return {
    lines: end + 1,
    ...(title !== undefined && { title }),
    ...(Object.keys(rest).length > 0 && { metadata: rest }),
  };
}

function isEnd(fence: string, line: string): boolean {
  return line === fence || (fence === '---' && line === '...');
}

/** Undefined where it is no front matter. */
function parse(source: string, fence: string): Record<string, unknown> | undefined {
  const looksLikeIt = fence === '+++' || source.trim() === '' || startsWithField.test(source);
  if (!looksLikeIt) return undefined;
  if (source.length > maximumLength) return {};
  try {
    const value: unknown =
      fence === '+++'
        ? parseToml(source)
        : parseYaml(source, { logLevel: 'error', maxAliasCount: 20 });
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Written by hand, as `title: One: two`, which is no YAML.
    const title = /^title\s*[:=](.*)$/m.exec(source)?.[1]?.trim();
    return title ? { title: title.replace(/^(["'])(.*)\1$/, '$2') } : {};
  }
}

/** Texts, numbers, dates and lists of them; what is nested deeper is for the program that made it. */
function plainFields(fields: Record<string, unknown>): Record<string, unknown> {
  const plain: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields).slice(0, maximumValues)) {
    const kept = Array.isArray(value)
      ? value.slice(0, maximumValues).map(plainValue).filter(isDefined)
      : plainValue(value);
    if (isDefined(kept)) plain.push([stripToLine(name.slice(0, maximumText)), kept]);
  }
  return Object.fromEntries(plain);
}

function plainValue(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  }
  return typeof value === 'string' ? stripToLine(value.slice(0, maximumText)) : undefined;
}

function isDefined(value: unknown): boolean {
  return value !== undefined;
}
