import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from './check-count.ts';
import type { QueryDigits, Scoring } from './code-scoring.ts';
import { scorings } from './code-scoring.ts';
import type { SearchOptions } from './vector-index.ts';

/** The stages of a search and how many rows each hands on; every stage but the first may be left out. */
export interface SearchDepth {
  /**
   * Rows that are handed on by a scan of prefixes alone, which counts each bit for what the query makes of it:
   * no others are scored, and `candidates` has no say. Needs an index with prefixes, and pays where these
   * are good codes by themselves. `safe`: finds what a scan of whole codes finds, by as many prefixes as that
   * takes. Default: whole codes are scanned.
   */
  readonly prefixes?: number | 'safe' | undefined;
  /** Default: `decoded` where the quantizer has a decoder, otherwise `asymmetric`. */
  readonly scoring?: Scoring | undefined;
  /**
   * Rounds the query to so many binary digits for an asymmetric or decoded score, which is then counted by
   * population counts. Default: not rounded.
   */
  readonly queryDigits?: QueryDigits | undefined;
  /** Rows that the Hamming scan hands on. Default: ten times `rerank`. */
  readonly candidates?: number | undefined;
  /** Rows that are scored with their stored vectors at last; 0 for none. Default: 10 k, at least 100. */
  readonly rerank?: number | undefined;
  /**
   * Re-ranking stops as soon as the k-th best exact score exceeds the best score by code that is left by
   * more than this. It then finds what re-ranking all would find, unless a row's cosine is more than
   * `margin` above its score by code. Default: all are re-ranked. `estimateMargin` measures one.
   */
  readonly margin?: number | undefined;
}

/** Depths with every default filled in. */
export interface ResolvedDepth {
  readonly k: number;
  readonly prefixes: number | 'safe' | undefined;
  readonly scoring: Scoring;
  readonly queryDigits: QueryDigits | undefined;
  /** Rows that the scan hands on. */
  readonly candidates: number;
  /** Rows that scoring hands on. */
  readonly scored: number;
  readonly rerank: boolean;
  readonly margin: number;
}

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function resolveDepth(
  options: SearchOptions & SearchDepth,
  { hasDecoder, hasPrefixes }: { readonly hasDecoder: boolean; readonly hasPrefixes: boolean },
): ResolvedDepth {
  const { k, prefixes, scoring = hasDecoder ? 'decoded' : 'asymmetric' } = options;
  const { rerank = Math.max(100, 10 * k), margin = Infinity, queryDigits } = options;
  const { candidates = 10 * Math.max(rerank, k) } = options;
  checkCount('k', k, 0);
  checkCount('rerank', rerank, 0);
  checkCount('candidates', candidates, 0);
  checkScoring(scoring, hasDecoder);
  if (queryDigits !== undefined && queryDigits !== 4 && queryDigits !== 8) {
    throw invalid(
      `queryDigits: got ${String(queryDigits)}, expected 4 or 8.`,
      'Correct queryDigits.',
    );
  }
  if (typeof margin !== 'number' || !(margin >= 0)) {
    throw invalid(`margin: got ${String(margin)}, expected a number from 0 up.`, 'Correct margin.');
  }
  if (prefixes !== undefined) {
    if (prefixes !== 'safe') checkCount('prefixes', prefixes, 1);
    if (!hasPrefixes) {
      throw invalid(
        `prefixes: got ${prefixes} for an index without prefixes.`,
        'Create the index with prefixBits, or leave prefixes out.',
      );
    }
  }
  const scored = rerank === 0 ? k : Math.max(rerank, k);
  return {
    k,
    prefixes,
    scoring,
    queryDigits,
    candidates: scoring === 'symmetric' ? scored : Math.max(candidates, scored),
    scored,
    rerank: rerank > 0,
    margin,
  };
}

function checkScoring(scoring: Scoring, hasDecoder: boolean): void {
  const possible = scorings.filter((known) => known !== 'decoded' || hasDecoder);
  if (possible.includes(scoring)) return;
  throw invalid(
    `scoring: got "${String(scoring)}", expected one of ${possible.join(', ')}.`,
    hasDecoder ? 'Choose one of these.' : 'Choose one of these, or fit with a decoder.',
  );
}

function invalid(message: string, remedy: string): BitryoshkaError {
  return new BitryoshkaError({ code: 'invalid-option', message, remedy });
}
