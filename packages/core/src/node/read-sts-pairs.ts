import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { readText } from './read-file.ts';

/** Two sentences and how similar people found them. */
export interface StsPair {
  readonly first: string;
  readonly second: string;
  /** From 0, nothing in common, to 5, the same meaning. */
  readonly similarity: number;
}

/** The fields of a line: genre, file, year, id, similarity, two sentences, sometimes their sources. */
const fields = { similarity: 4, first: 5, second: 6 } as const;

/**
 * Reads a file of the STS benchmark: one pair a line, fields between tabs, no line of column names.
 * Quotation marks are part of a sentence; nothing is escaped. Embed the sentences, and
 * `evaluateSimilarity` takes them from there.
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, or `empty-input` when there is no pair
 */
export async function readStsPairs(file: string): Promise<StsPair[]> {
  const lines = (await readText(file)).split(/\r?\n/);
  const pairs = lines.flatMap((line, i) => (line === '' ? [] : [parse(file, i, line)]));
  if (pairs.length > 0) return pairs;
  throw new BitryoshkaError({
    code: 'empty-input',
    message: `${file}: got no pairs, expected at least one line.`,
    remedy: 'Check that the file was copied whole.',
  });
}

function parse(file: string, index: number, line: string): StsPair {
  const parts = line.split('\t');
  const first = parts[fields.first]?.trim();
  const second = parts[fields.second]?.trim();
  const grade = parts[fields.similarity]?.trim();
  const similarity = Number(grade);
  if (!first || !second || !grade || !(similarity >= 0 && similarity <= 5)) {
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${file}:${index + 1}: got "${line}", expected genre, file, year, id, a similarity from 0 to 5 and two sentences between tabs.`,
      remedy: 'Correct this line.',
    });
  }
  return { first, second, similarity };
}
