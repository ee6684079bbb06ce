import MiniSearch from 'minisearch';

/** MiniSearch's own values; `d` is the lower bound of BM25+ (Lv and Zhai, CIKM 2011). */
const bm25 = { k: 1.2, b: 0.7, d: 0.5 };

/**
 * The passages that share a word with each question, by BM25. Words are what MiniSearch cuts at
 * spaces and punctuation, in lower case: no stop words, no stems, no prefixes, no misspellings.
 *
 * @returns numbers of passages, the best first, for each question
 */
export function rankByWords(passages, questions) {
  const index = new MiniSearch({ fields: ['searched'] });
  index.addAll(passages.map(({ searched }, id) => ({ id, searched })));
  return questions.map(({ question }) =>
    index
      .search(question, { bm25, combineWith: 'OR' })
      // MiniSearch multiplies the sum over the words by how many of them match; BM25 is the sum.
      .map(({ id, score, queryTerms }) => ({ id, score: score / queryTerms.length }))
      .sort((a, b) => b.score - a.score || a.id - b.id)
      .map(({ id }) => id),
  );
}
