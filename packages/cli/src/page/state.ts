import type { SearchWay } from '../server/api-types.ts';

export const views = ['search', 'codes', 'index'] as const;
export type View = (typeof views)[number];

/** What is looked at: all that the address of the page keeps. */
export interface State {
  readonly view: View;
  readonly question: string;
  readonly way: Exclude<SearchWay, 'codes'>;
  readonly bits: number | undefined;
  readonly rerank: number | undefined;
}

export function readState(): State {
  const given = new URLSearchParams(location.hash.slice(1));
  const number = (name: string) => {
    const value = Number(given.get(name) ?? Number.NaN);
    return Number.isSafeInteger(value) ? value : undefined;
  };
  const ways = ['hybrid', 'meaning', 'words', 'float'] as const;
  return {
    view: views.find((view) => view === given.get('view')) ?? 'search',
    question: given.get('q') ?? '',
    way: ways.find((way) => way === given.get('way')) ?? 'hybrid',
    bits: number('bits'),
    rerank: number('rerank'),
  };
}

/** @param isNew one can go back to what was before */
export function writeState({ view, question, way, bits, rerank }: State, isNew: boolean): void {
  const hash = new URLSearchParams({ view });
  if (question !== '') hash.set('q', question);
  if (way !== 'hybrid') hash.set('way', way);
  if (bits !== undefined) hash.set('bits', String(bits));
  if (rerank !== undefined) hash.set('rerank', String(rerank));
  if (isNew) history.pushState(null, '', `#${hash}`);
  else history.replaceState(null, '', `#${hash}`);
}
