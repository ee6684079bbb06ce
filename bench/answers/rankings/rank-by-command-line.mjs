import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPassages } from '../../../packages/cli/dist/library/find-passages.js';
import { openLibrary } from '../../../packages/cli/dist/library/folder-library.js';

/** What a person might look through. */
const k = 100;

/**
 * The best passages for each question, as `bitryoshka search` finds them in a folder by its defaults.
 *
 * @param collect which files of the folder
 * @returns numbers of passages, the best first, for each question; those that say the same share a place
 */
export async function rankByCommandLine(folder, collect, passages, questions) {
  const indexFolder = mkdtempSync(join(tmpdir(), 'answers-'));
  const keyOf = (source, text) => JSON.stringify([source, text]);
  const numbers = new Map(passages.map(({ file, text }, i) => [keyOf(file, text), i]));
  try {
    const library = await openLibrary(folder, { collect, indexFolder });
    const rankings = [];
    for (const { question } of questions) {
      const found = await findPassages(library, question, k);
      rankings.push(
        found.map(({ source, text, others = [] }) =>
          [source, ...others.map((other) => other.source)].map((file) =>
            numbers.get(keyOf(file, text)),
          ),
        ),
      );
    }
    await library.store.close();
    return rankings;
  } finally {
    rmSync(indexFolder, { recursive: true, force: true });
  }
}
