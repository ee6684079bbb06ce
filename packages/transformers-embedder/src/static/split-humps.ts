/** Runs of letters and digits with a hump: camelCase, HTTPServer. */
const humped = /(?<![A-Za-z0-9])[A-Za-z0-9]*?(?:[a-z][A-Z]|[A-Z][A-Z][a-z][a-z])[A-Za-z0-9]*/g;
const hump = /(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z][a-z])/g;

/** Far longer than any word that a vocabulary has. */
const longestSingle = 64;

/**
 * `camelCase` to `camel Case`, which a vocabulary without upper case has no other way to read.
 *
 * @param isSingle whether a word of lower case has a row of its own, such as `javascript`: it stays whole
 */
export function splitHumps(text: string, isSingle: (word: string) => boolean): string {
  return text.replace(humped, (word) =>
    word.length <= longestSingle && isSingle(word.toLowerCase()) ? word : word.replace(hump, ' '),
  );
}
