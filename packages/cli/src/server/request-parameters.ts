import { BitryoshkaError } from '@bitryoshka/core';
import type { Context } from 'hono';
import type { CodeSettings, PassageKey, SearchWay } from './api-types.ts';
import { searchWays } from './api-types.ts';
import type { CodeLengths } from './code-lengths.ts';
import type { Asked } from './served-collection.ts';

/** What a request may ask for, at most. */
export const limits = { question: 2000, k: 100, context: 100, rerank: 1000, sources: 1000 };

const defaultK = 10;
const defaultContext = 6;

/** @throws BitryoshkaError `invalid-option`, as all of these */
export function readAsked(context: Context, codes: CodeLengths): Asked {
  const way = readWay(context);
  const asked = readQuestion(context);
  return way === 'codes'
    ? { way, ...asked, ...readCodeSettings(context, codes) }
    : { way, ...asked };
}

export function readQuestion(context: Context): { readonly question: string; readonly k: number } {
  const question = (context.req.query('q') ?? '').trim();
  if (question === '' || question.length > limits.question) {
    throw invalid('q', `${question.length} characters`, `a question of 1 to ${limits.question}`);
  }
  return { question, k: readCount(context, 'k', { from: 1, to: limits.k, otherwise: defaultK }) };
}

export function readCodeSettings(context: Context, codes: CodeLengths): CodeSettings {
  const { bits, rerank } = codes.defaults ?? { bits: 0, rerank: 0 };
  return {
    bits: readBits(context, bits),
    rerank: readCount(context, 'rerank', { from: 0, to: limits.rerank, otherwise: rerank }),
  };
}

/** Whether there are codes of so many bits is known to these. */
export function readBits(context: Context, otherwise: number): number {
  return readCount(context, 'bits', { from: 0, to: Number.MAX_SAFE_INTEGER, otherwise });
}

export function readKey(context: Context): PassageKey {
  const { folder = '', id = '' } = context.req.query();
  return { folder, id };
}

export function readContext(context: Context): number {
  return readCount(context, 'context', { from: 0, to: limits.context, otherwise: defaultContext });
}

export function readPage(context: Context): { readonly offset: number; readonly limit: number } {
  const most = Number.MAX_SAFE_INTEGER;
  return {
    offset: readCount(context, 'offset', { from: 0, to: most, otherwise: 0 }),
    limit: readCount(context, 'limit', { from: 1, to: limits.sources, otherwise: 100 }),
  };
}

function readWay(context: Context): SearchWay {
  const given = context.req.query('way') ?? 'hybrid';
  const way = searchWays.find((known) => known === given);
  if (!way)
    throw invalid('way', JSON.stringify(given.slice(0, 50)), `one of ${searchWays.join(', ')}`);
  return way;
}

function readCount(
  context: Context,
  name: string,
  {
    from,
    to,
    otherwise,
  }: { readonly from: number; readonly to: number; readonly otherwise: number },
): number {
  const text = context.req.query(name);
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw invalid(name, JSON.stringify(text.slice(0, 50)), `a whole number from ${from} to ${to}`);
}

function invalid(name: string, got: string, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${got}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
