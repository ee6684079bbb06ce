/** Rows of a table for what a text is made of. */
export interface TokenRows {
  /** Ids up to this one stand for no text and share row 0; later ones follow in order. */
  readonly firstToken: number;
  /** By hash: words of several tokens that have a row of their own in place of those of their tokens. */
  readonly words: ReadonlyMap<number, number>;
  /** By `first row * 2 ** 16 + second row`: neighbours that have a row in addition to their own. */
  readonly pairs: ReadonlyMap<number, number>;
  /** By token id: 1 for a token that continues a word. */
  readonly continues: Uint8Array;
}

/** FNV's start, and a multiplier of Fibonacci hashing with a shift behind it. */
export function wordHash(ids: readonly number[], start: number, end: number): number {
  let hash = 2166136261;
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ (ids[i] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

/** The rows of a text in the order of reading, those of neighbours behind them. */
export function rowsOfTokens(
  { firstToken, words, pairs, continues }: TokenRows,
  ids: readonly number[],
): number[] {
  const rows: number[] = [];
  for (let start = 0; start < ids.length; ) {
    let end = start + 1;
    while (end < ids.length && continues[ids[end] as number] === 1) end++;
    const word = end - start > 1 ? words.get(wordHash(ids, start, end)) : undefined;
    if (word !== undefined) rows.push(word);
    else for (let i = start; i < end; i++) rows.push(Math.max(0, (ids[i] as number) - firstToken));
    start = end;
  }
  for (let i = rows.length - 1; i > 0; i--) {
    const pair = pairs.get((rows[i - 1] as number) * 65536 + (rows[i] as number));
    if (pair !== undefined) rows.push(pair);
  }
  return rows;
}
