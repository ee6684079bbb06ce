import { createTokenizer } from '@bitryoshka/langchain';

/** Words as an index has them: stems, names in parts. */
export const tokensOf: (text: string) => string[] = createTokenizer('en');

/** The words of a question that say what it is about: no single letters, unless there is nothing else. */
export function questionWords(question: string): ReadonlySet<string> {
  const all = tokensOf(question);
  const long = all.filter((token) => token.length > 1);
  return new Set(long.length > 0 ? long : all);
}
