import { fetchPackage } from './fetch-package.mjs';
import { findRightPassages } from './find-right-passages.mjs';
import { commandLine, words } from './method-names.mjs';
import { fuseRankings } from './rankings/fuse-rankings.mjs';
import { rankByCommandLine } from './rankings/rank-by-command-line.mjs';
import { rankByStore } from './rankings/rank-by-store.mjs';
import { rankByVectors } from './rankings/rank-by-vectors.mjs';
import { rankByWords } from './rankings/rank-by-words.mjs';
import { collect, readFolder } from './read-folder.mjs';

/**
 * Where each method puts the first right passage of each question of a set.
 *
 * @param models embeddings by name
 * @returns `{ package, version, passages, question, kind, ranks }` for each question; a rank is null
 *   where a method does not find the passage at all
 */
export async function measureSet(set, models) {
  const folder = fetchPackage(set);
  const passages = await readFolder(folder);
  const right = set.questions.map((question) => findRightPassages(question, passages));
  const rankings = await rankAll(passages, set.questions, models);
  rankings.set(commandLine, await rankByCommandLine(folder, collect, passages, set.questions));
  return set.questions.map(({ question, kind }, i) => ({
    package: set.package,
    version: set.version,
    passages: passages.length,
    question,
    kind,
    ranks: Object.fromEntries(
      [...rankings].map(([method, lists]) => [method, firstRank(lists[i], right[i])]),
    ),
  }));
}

async function rankAll(passages, questions, models) {
  const byWords = rankByWords(passages, questions);
  const rankings = new Map([[words, byWords]]);
  for (const [name, embeddings] of models) {
    const byVectors = await rankByVectors(embeddings, passages, questions);
    rankings.set(name, byVectors);
    rankings.set(
      `${name} + ${words}`,
      byVectors.map((ranking, i) => fuseRankings([ranking, byWords[i]])),
    );
    rankings.set(`${name}, hybrid`, await rankByStore(embeddings, passages, questions));
  }
  return rankings;
}

function firstRank(ranking, right) {
  const at = ranking.findIndex((place) => [place].flat().some((passage) => right.has(passage)));
  return at < 0 ? null : at + 1;
}
