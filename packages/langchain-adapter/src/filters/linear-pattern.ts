import { RE2JS } from 're2js';

/** Characters of a pattern, and steps it is compiled to: what a text takes grows with their number. */
const mostCharacters = 1000;
const mostSteps = 1000;
/** What the patterns of one filter may take together, to be compiled and to be matched. */
const mostMilliseconds = 2000;
/** A test asks for one match, which g and d do not change; characters are whole anyway, as u has them. */
const ignoredFlags = 'gdu';
const flags = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL } as const;

/** Time that is left to the patterns of a filter. */
export class PatternBudget {
  milliseconds: number = mostMilliseconds;

  /** @throws Error once it is spent */
  spend<T>(action: () => T): T {
    const began = performance.now();
    const result = action();
    this.milliseconds -= performance.now() - began;
    if (this.milliseconds >= 0) return result;
    throw new Error(`$regex: got patterns that take more than ${mostMilliseconds} ms`);
  }
}

/**
 * A regular expression whose time grows with the text and not with its powers, as RE2 matches it: filters may come
 * from strangers. In its place, the engine of the language would take years for `(a+)+$`, and no check of patterns
 * knows all of that kind. It is an instance of RegExp to be taken for one.
 */
export class LinearPattern extends RegExp {
  readonly #pattern: RE2JS;
  readonly #budget: PatternBudget;

  /**
   * @param options flags: i, m, s; g, d and u are ignored
   * @throws Error for what needs backtracking (backreferences, lookaround), for long patterns, and for other flags
   */
  constructor(source: unknown, options: unknown, budget: PatternBudget) {
    super('');
    if (typeof source !== 'string') throw new Error(`$regex: got ${typeof source}, not a string`);
    if (source.length > mostCharacters) {
      throw new Error(`$regex: got ${source.length} characters, more than ${mostCharacters}`);
    }
    this.#pattern = budget.spend(() =>
      RE2JS.compile(RE2JS.translateRegExp(source), flagsOf(options ?? '')),
    );
    const steps = this.#pattern.programSize();
    if (steps > mostSteps) {
      throw new Error(`$regex: got repetitions that take ${steps} steps, more than ${mostSteps}`);
    }
    this.#budget = budget;
  }

  override test(text: string): boolean {
    return this.#budget.spend(() => this.#pattern.test(text));
  }
}

function flagsOf(options: unknown): number {
  if (typeof options !== 'string') throw new Error(`$options: got ${typeof options}, not a string`);
  let sum = 0;
  for (const name of options) {
    if (name in flags) sum |= flags[name as keyof typeof flags];
    else if (!ignoredFlags.includes(name)) throw new Error(`$options: got ${name}, not i, m or s`);
  }
  return sum;
}
