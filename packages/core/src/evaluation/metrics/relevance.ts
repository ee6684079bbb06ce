/** Graded relevance of documents for one query, by document id; absent, 0 and below mean none. */
export type Relevance = ReadonlyMap<string, number>;
