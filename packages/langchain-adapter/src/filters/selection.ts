/** Rows as bits of words, like those of a `RowSet`. */
type Words = Uint32Array<ArrayBuffer>;

/** What an index knows of the rows that a condition lets through. */
export interface Selection {
  readonly yes: Words;
  /** Rows that have to be asked themselves, none of them in `yes`; undefined for none. */
  readonly maybe: Words | undefined;
}

/** Those in both. Selections belong to who combines them and are reused. */
export function intersect(a: Selection, b: Selection): Selection {
  const { yes } = a;
  const maybe = a.maybe ?? (b.maybe && new Uint32Array(yes.length));
  for (let w = 0; w < yes.length; w++) {
    const [yesA, yesB] = [yes[w] as number, b.yes[w] as number];
    yes[w] = yesA & yesB;
    if (!maybe) continue;
    const possible = (yesA | (a.maybe?.[w] ?? 0)) & (yesB | (b.maybe?.[w] ?? 0));
    maybe[w] = possible & ~(yesA & yesB);
  }
  return { yes, maybe };
}

/** Those in either. */
export function unite(a: Selection, b: Selection): Selection {
  const { yes } = a;
  const maybe = a.maybe ?? b.maybe;
  for (let w = 0; w < yes.length; w++) {
    const both = (yes[w] as number) | (b.yes[w] as number);
    if (maybe) maybe[w] = ((a.maybe?.[w] ?? 0) | (b.maybe?.[w] ?? 0)) & ~both;
    yes[w] = both;
  }
  return { yes, maybe };
}

/** Those of `all` that are not in it. */
export function complement({ yes, maybe }: Selection, all: Words): Selection {
  for (let w = 0; w < yes.length; w++) {
    yes[w] = (all[w] as number) & ~((yes[w] as number) | (maybe?.[w] ?? 0));
  }
  return { yes, maybe };
}
