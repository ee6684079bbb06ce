import type { Answer } from '../server/api-types.ts';

export function count(value: number, one: string, many = `${one}s`): string {
  return `${inGroups(value)} ${value === 1 ? one : many}`;
}

export function inGroups(value: number): string {
  return value.toLocaleString('en');
}

export function milliseconds(value: number): string {
  return `${value < 0.995 ? value.toFixed(2) : value.toFixed(1)} ms`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  return value < 1e6 ? `${(value / 1000).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** `file:line`; the name of the folder before it where there are several. */
export function place({ folder, source, lines }: Answer, isOfSeveral: boolean): string {
  const file = isOfSeveral ? `${folder}/${source}` : source;
  return `${file}:${lines.from}`;
}
