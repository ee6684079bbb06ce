import type { MatchCondition } from '@langchain/langgraph-checkpoint';
import { invalidOperation } from './invalid-operation.ts';

/** Names of a way down to items, such as `['users', '42']`. */
export type Namespace = readonly string[];

/** Places in the order of names, from the first on, up to the second. */
export interface NameRange {
  readonly from: string;
  readonly to: string | Uint8Array;
}

/** Not in labels, as LangGraph has it. */
const separator = '.';
/** What comes next after the separator. */
const afterSeparator = '/';
/** To SQLite, bytes come after all texts. */
const afterAll = Uint8Array.of(0);

/**
 * @param name of the argument, for errors
 * @throws BitryoshkaError `invalid-option` for what LangGraph refuses: no labels, empty ones, and those with a period,
 *   a colon or a zero
 */
export function checkNamespace(namespace: unknown, name: string): Namespace {
  if (!Array.isArray(namespace) || namespace.length === 0) {
    throw invalidOperation(name, namespace, 'a list of one label or more');
  }
  return checkLabels(namespace, name);
}

/** The same, or none for all. */
export function checkPrefix(prefix: unknown, name: string): Namespace {
  if (!Array.isArray(prefix)) throw invalidOperation(name, prefix, 'a list of labels');
  return checkLabels(prefix, name);
}

function checkLabels(labels: readonly unknown[], name: string): Namespace {
  return Array.from(labels, (label, i) => {
    if (typeof label === 'string' && label !== '' && !/[.:\0]/.test(label)) return label;
    throw invalidOperation(
      `${name}[${i}]`,
      label,
      'a text that has no period, colon or zero in it',
    );
  });
}

/** A namespace as one text: those within it begin with it. */
export function toPath(namespace: Namespace): string {
  return namespace.map((label) => `${toJsonText(label)}${separator}`).join('');
}

export function fromPath(path: string): string[] {
  return path.split(separator).slice(0, -1).map(fromJsonText);
}

/** Any text as one that SQLite keeps: halves of pairs and zeros are escaped. */
export function toJsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

export function fromJsonText(text: string): string {
  return JSON.parse(`"${text}"`) as string;
}

/** Where the paths of a namespace and of those within it are. */
export function rangeOf(prefix: Namespace): NameRange {
  if (prefix.length === 0) return { from: '', to: afterAll };
  const from = toPath(prefix);
  return { from, to: `${from.slice(0, -separator.length)}${afterSeparator}` };
}

/** All namespaces that a namespace is within, itself included. */
export function pathsAround(namespace: Namespace): string[] {
  return namespace.map((_, i) => toPath(namespace.slice(0, i + 1)));
}

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function checkConditions(conditions: unknown): readonly MatchCondition[] {
  if (conditions === undefined || conditions === null) return [];
  if (!Array.isArray(conditions)) throw invalidOperation('matchConditions', conditions, 'a list');
  return conditions.map((condition: Partial<MatchCondition> | null, i) => {
    const { matchType, path } = condition ?? {};
    if (matchType !== 'prefix' && matchType !== 'suffix') {
      throw invalidOperation(`matchConditions[${i}].matchType`, matchType, 'prefix or suffix');
    }
    return { matchType, path: [...checkPrefix(path, `matchConditions[${i}].path`)] };
  });
}

/** Whether a namespace begins or ends with labels, of which `*` is any. */
export function matches({ matchType, path }: MatchCondition, namespace: Namespace): boolean {
  const start = matchType === 'prefix' ? 0 : namespace.length - path.length;
  return (
    path.length <= namespace.length &&
    path.every((label, i) => label === '*' || label === namespace[start + i])
  );
}
