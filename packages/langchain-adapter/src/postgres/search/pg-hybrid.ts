import { BitryoshkaError } from '@bitryoshka/core';
import { fuse } from '../../lexical/fusion.ts';
import type { Language } from '../../lexical/languages.ts';
import { languages } from '../sql/words-sql.ts';
import type { PgCandidate, PgFound } from './pg-search.ts';
import { fewestCandidates } from './pg-search.ts';

/** How words count beside vectors. */
export interface PgHybridOptions {
  /** What the vectors count: 1 for vectors alone, 0 for words alone. Default: .5, both alike. */
  readonly alpha?: number | undefined;
  /**
   * Whose stop words are left out, and whose endings are taken off, as PostgreSQL does it. Kept in the collection: another
   * than before has all documents written anew. Default: as before, at first `en`.
   */
  readonly language?: Language | undefined;
}

export const defaultLanguage: Language = 'en';
const defaultAlpha = 0.5;

/** The best by vectors and words, with scores from the lowest to the highest cosine of all. */
export function fuseCandidates(
  candidates: readonly PgCandidate[],
  k: number,
  { alpha = defaultAlpha }: PgHybridOptions,
): PgFound[] {
  const cosines = candidates.map(({ score }, row) => ({ row, score }));
  const found = candidates.map(({ gain }, row) => ({ row, score: gain }));
  return fuse(cosines, { found, otherwise: 0 }, alpha)
    .slice(0, k)
    .flatMap(({ row, score }) => {
      const candidate = candidates[row];
      return candidate ? [{ ...candidate, score }] : [];
    });
}

/** Of what several places have found, what one with all documents would have. */
export function bestCandidates(all: readonly PgCandidate[], k: number): PgCandidate[] {
  const limit = Math.max(k, fewestCandidates);
  const best = (
    isOf: (candidate: PgCandidate) => boolean,
    value: keyof PgCandidate & ('score' | 'gain'),
  ) =>
    all
      .filter(isOf)
      .sort((a, b) => b[value] - a[value])
      .slice(0, limit);
  const near = best(({ isNear }) => isNear, 'score');
  const hits = best(({ isHit }) => isHit, 'gain');
  return [...new Set([...near, ...hits])];
}

/** @throws BitryoshkaError `invalid-option` */
export function checkHybrid(hybrid: unknown): void {
  if (hybrid === undefined || typeof hybrid === 'boolean') return;
  if (typeof hybrid !== 'object' || hybrid === null) {
    throw invalid('hybrid', hybrid, 'true, false or an object');
  }
  for (const name of Object.keys(hybrid)) {
    if (name !== 'alpha' && name !== 'language') {
      throw invalid('hybrid', `"${name}"`, 'alpha and language');
    }
  }
  const { alpha, language } = hybrid as PgHybridOptions;
  if (alpha !== undefined && !(typeof alpha === 'number' && alpha >= 0 && alpha <= 1)) {
    throw invalid('hybrid.alpha', alpha, 'a number from 0 to 1');
  }
  if (language !== undefined && !languages.includes(language)) {
    throw invalid('hybrid.language', language, `one of ${languages.join(', ')}`);
  }
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${typeof got === 'string' ? got : JSON.stringify(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
