/** A pattern of an ignore file in its parts between slashes; `**` stands for any number of them. */
interface Rule {
  readonly segments: readonly string[];
  readonly isNegated: boolean;
  readonly isForFolders: boolean;
  /** A pattern without a slash is about names, wherever they are. */
  readonly isForNames: boolean;
}

/** Files with more lines are made by programs, or to stop others. */
export const maximumRules = 20_000;
/** Comparisons of characters that the rules of a file may take for one path, and in all: some milliseconds, a second. */
const stepsPerPath = 500_000;
const stepsInAll = 200_000_000;

/**
 * The rules of one ignore file, by git's manual (gitignore). Patterns are compared without regular expressions, whose
 * time grows with a power of the length for patterns as `*a*a*a*b`.
 */
export class IgnoreRules {
  readonly #rules: readonly Rule[];
  #steps = 0;
  #isGivenUp = false;

  /** @param text of an ignore file */
  constructor(text: string) {
    this.#rules = text
      .split(/\r?\n/)
      .map(parseRule)
      .filter((rule) => rule !== undefined);
  }

  get count(): number {
    return this.#rules.length;
  }

  /** Whether the rules took longer than any that people write, and ignore nothing any more. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /**
   * Whether a path is ignored; undefined when no rule is about it.
   *
   * @param path relative to the folder of the ignore file, with slashes
   */
  test(path: string, isFolder: boolean): boolean | undefined {
    if (this.#isGivenUp) return undefined;
    const segments = path.split('/');
    const name = segments.slice(-1);
    const budget = { steps: Math.min(stepsPerPath, stepsInAll - this.#steps) };
    const given = budget.steps;
    // The last one that is about a path decides.
    const decisive = this.#rules.findLast(({ isForFolders, isForNames, segments: pattern }) => {
      if (isForFolders && !isFolder) return false;
      return matchPath(pattern, isForNames ? name : segments, budget);
    });
    this.#steps += given - budget.steps;
    if (budget.steps > 0) return decisive && !decisive.isNegated;
    this.#isGivenUp = true;
    return undefined;
  }
}

function parseRule(line: string): Rule | undefined {
  let pattern = line.replace(/(?<!\\) +$/, '');
  if (pattern === '' || pattern.startsWith('#')) return undefined;
  const isNegated = pattern.startsWith('!');
  if (isNegated) pattern = pattern.slice(1);
  const isForFolders = pattern.endsWith('/');
  if (isForFolders) pattern = pattern.slice(0, -1);
  const isForNames = !pattern.includes('/');
  if (pattern.startsWith('/')) pattern = pattern.slice(1);
  if (pattern === '') return undefined;
  return { segments: pattern.split('/'), isNegated, isForFolders, isForNames };
}

interface Budget {
  steps: number;
}

/** Goes back to the last `**` only: what others before it could take, it can take as well. */
function matchPath(pattern: readonly string[], path: readonly string[], budget: Budget): boolean {
  let [p, s, star, retry] = [0, 0, -1, 0];
  while (s < path.length) {
    if (budget.steps-- <= 0) return false;
    const part = pattern[p];
    // At the end it stands for all that is in a folder, at least one.
    if (part === '**') {
      star = p++;
      retry = s;
      if (star === pattern.length - 1) return true;
    } else if (part !== undefined && matchName(part, path[s] as string, budget)) {
      p++;
      s++;
    } else if (star >= 0) {
      p = star + 1;
      s = ++retry;
    } else return false;
  }
  return p === pattern.length;
}

/** The same for the characters of a name: `*`, `?`, `[a-z]`, `[!a]` and `\` before what is meant as it is. */
function matchName(pattern: string, name: string, budget: Budget): boolean {
  let [p, s, star, retry] = [0, 0, -1, 0];
  while (s < name.length) {
    if (budget.steps-- <= 0) return false;
    const mark = pattern[p];
    let next = -1;
    if (mark === '*') {
      while (pattern[p] === '*') p++;
      star = p;
      retry = s;
      if (p === pattern.length) return true;
      continue;
    }
    if (mark === '?') next = p + 1;
    else if (mark === '[') {
      const set = matchSet(pattern, p, name.charCodeAt(s), budget);
      if (set.end < 0) return false;
      if (set.isIn) next = set.end;
    } else if (mark === '\\') {
      if (pattern[p + 1] === name[s]) next = p + 2;
    } else if (mark === name[s]) next = p + 1;
    if (next >= 0) {
      p = next;
      s++;
    } else if (star >= 0) {
      p = star;
      s = ++retry;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** @returns `end` where the pattern goes on, or -1 for a set that does not end, which is no pattern */
function matchSet(
  pattern: string,
  start: number,
  code: number,
  budget: Budget,
): { readonly isIn: boolean; readonly end: number } {
  let p = start + 1;
  const isNegated = pattern[p] === '!' || pattern[p] === '^';
  if (isNegated) p++;
  let isIn = false;
  for (let isFirst = true; isFirst || pattern[p] !== ']'; isFirst = false) {
    if (p >= pattern.length || budget.steps-- <= 0) return { isIn: false, end: -1 };
    const named = /^\[:(\w{1,10}):\]/.exec(pattern.slice(p, p + 16));
    if (named) {
      isIn ||= isInClass(named[1] ?? '', String.fromCharCode(code));
      p += named[0].length;
      continue;
    }
    if (pattern[p] === '\\') p++;
    const low = pattern.charCodeAt(p++);
    let high = low;
    if (pattern[p] === '-' && p + 1 < pattern.length && pattern[p + 1] !== ']') {
      p++;
      if (pattern[p] === '\\') p++;
      high = pattern.charCodeAt(p++);
    }
    isIn ||= code >= low && code <= high;
  }
  return { isIn: isIn !== isNegated, end: p + 1 };
}

function isInClass(name: string, character: string): boolean {
  return classes[name as keyof typeof classes]?.test(character) ?? false;
}

const classes = {
  alnum: /[a-z0-9]/i,
  alpha: /[a-z]/i,
  blank: /[ \t]/,
  digit: /\d/,
  lower: /[a-z]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /\s/,
  upper: /[A-Z]/,
  xdigit: /[0-9a-f]/i,
};
