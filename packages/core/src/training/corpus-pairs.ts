import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';

/** What is known of a passage besides its text. */
export interface CorpusPassage {
  /** The document that it is cut from. Passages of one source stand in its order. */
  readonly source?: string | undefined;
  /** Of that document. */
  readonly title?: string | undefined;
  /** The headings above it, from the outermost to the innermost. */
  readonly headings?: readonly string[] | undefined;
}

/** What is taken for a query: a title, a heading, or the passage before. */
export type CorpusPairKind = 'title' | 'heading' | 'neighbour';

export interface CorpusPair {
  readonly kind: CorpusPairKind;
  /** A text, or the row of a passage. */
  readonly query: string | number;
  /** The row of the passage that answers. */
  readonly document: number;
}

export interface CorpusPairOptions {
  /** Default: all. */
  readonly kinds?: readonly CorpusPairKind[] | undefined;
  /** Pairs, at most, of every kind alike where there are more. Default: 5000. */
  readonly limit?: number | undefined;
  /** Same passages, options and seed: same pairs. Default: 0. */
  readonly seed?: number | undefined;
}

export const corpusPairKinds: readonly CorpusPairKind[] = ['title', 'heading', 'neighbour'];

/**
 * Pairs without labels, made of what a collection says of its own passages: a title and the passage that
 * begins its document, a heading and the passage that begins its section, a passage and the next one.
 *
 * A text that names more than one document says nothing of either and is left out; a heading that stands
 * over several sections is read together with those above it and, at last, the title.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function corpusPairs(
  passages: readonly CorpusPassage[],
  { kinds = corpusPairKinds, limit = 5000, seed = 0 }: CorpusPairOptions = {},
): CorpusPair[] {
  for (const kind of kinds) {
    if (!corpusPairKinds.includes(kind)) throw invalid('kinds', kind, corpusPairKinds.join(', '));
  }
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw invalid('limit', limit, 'a whole number from 1 up');
  }
  const makers = { title: titlePairs, heading: headingPairs, neighbour: neighbourPairs };
  const byKind = corpusPairKinds
    .filter((kind) => kinds.includes(kind))
    .map((kind) => makers[kind](passages));
  const random = seededRandom(seed);
  const chosen: CorpusPair[] = [];
  // The smallest kind first: what it leaves of its share is for the others.
  for (const [i, pairs] of byKind.sort((a, b) => a.length - b.length).entries()) {
    const share = Math.floor((limit - chosen.length) / (byKind.length - i));
    for (const place of sampleIndices(pairs.length, share, random)) chosen.push(pairs[place]);
  }
  return chosen;
}

function titlePairs(passages: readonly CorpusPassage[]): CorpusPair[] {
  return uniquePairs(
    'title',
    // Passages that say nothing of their source are documents by themselves.
    passages.map(({ title, source }, row) => [spaced([title]), source ?? String(row)]),
  );
}

function headingPairs(passages: readonly CorpusPassage[]): CorpusPair[] {
  const sections = passages.map(({ source, headings = [] }, row) =>
    JSON.stringify(headings.length > 0 ? [source ?? row, ...headings] : [row]),
  );
  const pairs = new Map<string, CorpusPair>();
  const depth = Math.max(0, ...passages.map(({ headings = [] }) => headings.length));
  // From the heading alone to all that stands above it; the shortest that is nobody else's is taken.
  for (let above = 0; above <= depth; above++) {
    const named = passages.map(({ title, headings = [] }, row): [string, string] => {
      const from = headings.length - 1 - above;
      const hasMore = from >= (title === undefined ? 0 : -1);
      if (headings.length === 0 || !hasMore || pairs.has(sections[row])) return ['', ''];
      return [spaced(from < 0 ? [title, ...headings] : headings.slice(from)), sections[row]];
    });
    for (const pair of uniquePairs('heading', named)) pairs.set(sections[pair.document], pair);
  }
  return [...pairs.values()].sort((a, b) => a.document - b.document);
}

function neighbourPairs(passages: readonly CorpusPassage[]): CorpusPair[] {
  const last = new Map<string, number>();
  const pairs: CorpusPair[] = [];
  for (const [row, { source }] of passages.entries()) {
    if (source === undefined) continue;
    const before = last.get(source);
    if (before !== undefined) pairs.push({ kind: 'neighbour', query: before, document: row });
    last.set(source, row);
  }
  return pairs;
}

/** Each text that names one thing alone, with the first passage of it. */
function uniquePairs(
  kind: CorpusPairKind,
  named: readonly (readonly [text: string, thing: string])[],
): CorpusPair[] {
  const things = new Map<string, { readonly thing: string; readonly row: number } | undefined>();
  for (const [row, [text, thing]] of named.entries()) {
    if (text === '') continue;
    if (!things.has(text)) things.set(text, { thing, row });
    else if (things.get(text)?.thing !== thing) things.set(text, undefined);
  }
  return [...things].flatMap(([query, found]) =>
    found ? [{ kind, query, document: found.row }] : [],
  );
}

function spaced(texts: readonly (string | undefined)[]): string {
  return texts
    .map((text) => text?.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
    .join(' ');
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${String(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
