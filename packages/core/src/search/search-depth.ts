import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from '../errors/check-count.ts';
import type { QueryDigits, Scoring } from './ranking/code-scoring.ts';
import { scorings } from './ranking/code-scoring.ts';
import type { RowSet } from './rows/row-set.ts';

/** The stages of a search and how many rows each hands on; every stage but the first may be left out. */
export interface SearchDepth {
  /**
   * Rows that are scored with their stored vectors at last; 0 for none: rows are then ranked by their codes.
   * Default: what `oversampling` says.
   */
  readonly rerank?: number | undefined;
  /** The same as a multiple of k. Default: 10, and at least 100 rows. */
  readonly oversampling?: number | undefined;
  /** Rows that a Hamming scan hands on to be scored by code. Default: ten times `rerank`. */
  readonly candidates?: number | undefined;
  /**
   * Rows that are handed on by a scan of prefixes, which counts each bit for what the query makes of it; `candidates`
   * has no say then. Needs an index with `prefixBits`, and pays where these are good codes by themselves. Default:
   * whole codes are scanned; of codes in two parts the first, for as many as `candidates`, or 8,000 to 40,000, the more the
   * fewer bits it has, and beyond 100,000 rows more, as their square root.
   */
  readonly prefixes?: number | undefined;
  /** Default: `decoded` where the quantizer has a decoder, otherwise `asymmetric`. */
  readonly scoring?: Scoring | undefined;
  /**
   * Rounds the query to so many binary digits for an asymmetric or decoded score, which is then counted by
   * population counts. Default: not rounded.
   */
  readonly queryDigits?: QueryDigits | undefined;
  /** Rows that a walk through a graph keeps in mind, at least those that are re-ranked. Default: see `tuneFinder`. */
  readonly efSearch?: number | undefined;
  /** Lists that are looked through, where there are lists. Default: see `tuneFinder`. */
  readonly nprobe?: number | undefined;
}

export interface SearchOptions extends SearchDepth {
  /** How many rows to return; fewer when fewer are allowed. */
  readonly k: number;
  /** Only these rows are found. Default: all. */
  readonly allowed?: RowSet | undefined;
}

/** Depths with every default filled in. */
export interface ResolvedDepth {
  readonly k: number;
  readonly prefixes: number | undefined;
  readonly scoring: Scoring;
  readonly queryDigits: QueryDigits | undefined;
  /** Rows that the scan hands on. */
  readonly candidates: number;
  /** Rows that scoring hands on. */
  readonly scored: number;
  readonly rerank: boolean;
  readonly efSearch: number | undefined;
  readonly nprobe: number | undefined;
}

/** Few bits find few neighbours; of twice as many, less than half of the candidates hold as much. */
const mostTwoPartCandidates = 40_000;
const fewestTwoPartCandidates = 8000;
const fewFirstBits = 32;
const candidatesPower = 1.2;

/** Up to so many rows, a search hands on as many as of fewer. */
const fewRows = 100_000;

function twoPartCandidates(firstBits: number, rows: number): number {
  const wanted = mostTwoPartCandidates * Math.min(1, fewFirstBits / firstBits) ** candidatesPower;
  const growth = Math.sqrt(Math.max(1, rows / fewRows));
  return Math.round(growth * Math.max(fewestTwoPartCandidates, wanted));
}

/** What matters of the codes that are searched. */
interface SearchedCodes {
  readonly rows: number;
  readonly hasDecoder: boolean;
  readonly hasPrefixes: boolean;
  /** Of codes in two parts, the bits that are scanned. */
  readonly firstBits?: number | undefined;
}

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function resolveDepth(
  options: SearchOptions,
  { rows, hasDecoder, hasPrefixes, firstBits }: SearchedCodes,
): ResolvedDepth {
  const { k, scoring = hasDecoder ? 'decoded' : 'asymmetric', queryDigits } = options;
  checkCount('k', k, 0);
  checkDepth(options);
  const { rerank = defaultRerank(options) } = options;
  const { candidates = 10 * Math.max(rerank, k), efSearch, nprobe } = options;
  const prefixes =
    options.prefixes ??
    (firstBits === undefined || scoring === 'symmetric'
      ? undefined
      : (options.candidates ?? Math.max(twoPartCandidates(firstBits, rows), candidates)));
  if (scoring === 'decoded' && !hasDecoder) {
    throw invalid(
      'scoring: got "decoded", expected one of symmetric, asymmetric.',
      'Choose one of these, or fit with a decoder.',
    );
  }
  if (options.prefixes !== undefined && !hasPrefixes) {
    throw invalid(
      `prefixes: got ${prefixes} for an index without prefixes.`,
      'Create the index with prefixBits, or leave prefixes out.',
    );
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
    efSearch,
    nprobe,
  };
}

/**
 * What can be said of a depth before there is anything to search.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkDepth(depth: SearchDepth): void {
  const { rerank, oversampling, candidates, prefixes, scoring, queryDigits, efSearch, nprobe } =
    depth;
  if (rerank !== undefined) checkCount('rerank', rerank, 0);
  if (oversampling !== undefined) {
    if (!(Number.isFinite(oversampling) && oversampling >= 1)) {
      throw invalid(
        `oversampling: got ${String(oversampling)}, expected a number from 1 up.`,
        'Correct oversampling.',
      );
    }
    if (rerank !== undefined) {
      throw invalid(
        `oversampling: got ${oversampling} beside rerank: ${rerank}, expected one of the two.`,
        'Leave one out.',
      );
    }
  }
  if (candidates !== undefined) checkCount('candidates', candidates, 0);
  if (efSearch !== undefined) checkCount('efSearch', efSearch, 1);
  if (nprobe !== undefined) checkCount('nprobe', nprobe, 1);
  if (prefixes !== undefined) checkCount('prefixes', prefixes, 1);
  if (scoring !== undefined && !scorings.includes(scoring)) {
    throw invalid(
      `scoring: got "${String(scoring)}", expected one of ${scorings.join(', ')}.`,
      'Choose one of these.',
    );
  }
  if (scoring === 'symmetric' && prefixes !== undefined) {
    throw invalid(
      `prefixes: got ${prefixes} beside symmetric scoring, expected none.`,
      'Leave prefixes or scoring out.',
    );
  }
  if (queryDigits !== undefined && queryDigits !== 4 && queryDigits !== 8) {
    throw invalid(
      `queryDigits: got ${String(queryDigits)}, expected 4 or 8.`,
      'Correct queryDigits.',
    );
  }
}

function defaultRerank({ k, oversampling }: SearchOptions): number {
  return oversampling === undefined ? Math.max(100, 10 * k) : Math.ceil(oversampling * k);
}

function invalid(message: string, remedy: string): BitryoshkaError {
  return new BitryoshkaError({ code: 'invalid-option', message, remedy });
}
