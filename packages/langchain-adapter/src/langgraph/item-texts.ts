import { isPlainObject } from '../documents/plain-value.ts';

/**
 * The texts that paths of LangGraph name in a value, to be embedded one by one: `title`, `author.name`, `tags[0]`,
 * `tags[-1]`, `chapters[*].text`, `*`, `{title,author.name}`, and `$` for the whole. Objects and lists are JSON, with an
 * indent of two.
 *
 * @param json without what JSON cannot hold
 */
export function textsAt(json: unknown, paths: readonly string[]): string[] {
  const texts = paths.flatMap((path) => valuesAt([json], stepsOf(path)).flatMap(textOf));
  // The same text twice finds no more.
  return [...new Set(texts)].filter((text) => text !== '');
}

function stepsOf(path: string): string[] {
  const steps = path.match(/\[[^\]]*\]|\{[^}]*\}|[^.[{]+/g) ?? [];
  return steps[0] === '$' ? steps.slice(1) : steps;
}

function valuesAt(values: readonly unknown[], steps: readonly string[]): unknown[] {
  return steps.reduce<unknown[]>(
    (reached, step) => reached.flatMap((value) => valuesBy(value, step)),
    [...values],
  );
}

function valuesBy(value: unknown, step: string): unknown[] {
  if (step.startsWith('{')) {
    const paths = step.slice(1, -1).split(',');
    return paths.flatMap((path) => valuesAt([value], stepsOf(path.trim())));
  }
  if (step.startsWith('[')) {
    if (!Array.isArray(value)) return [];
    const place = step.slice(1, -1);
    if (place === '*') return value;
    const i = Number.parseInt(place, 10);
    // Of other numbers, slices would begin at 0.
    return i >= -value.length && i < value.length ? [value.at(i)] : [];
  }
  if (step === '*') {
    return Array.isArray(value) || isPlainObject(value) ? Object.values(value) : [];
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  return [(value as Record<string, unknown>)[step]];
}

function textOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'object') return [JSON.stringify(value, null, 2)];
  return [`${value as string | number | boolean}`];
}
