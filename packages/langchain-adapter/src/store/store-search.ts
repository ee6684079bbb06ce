import type { AutoIndex, RowSet, ScoredRow, SearchDepth } from '@bitryoshka/core';
import { BitryoshkaError, toMatrix } from '@bitryoshka/core';
import type { Document } from '@langchain/core/documents';
import type { MaxMarginalRelevanceSearchOptions } from '@langchain/core/vectorstores';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { copyDocument } from '../documents/document-batch.ts';
import type { DocumentTable } from '../documents/document-table.ts';
import type { CompiledFilter, DocumentFilter } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import { searchHybrid } from '../lexical/search-hybrid.ts';
import { maximalMarginalRelevance } from './maximal-marginal-relevance.ts';
import type { Compared, SimilarityFunction } from './similarity.ts';
import { dot, mostSimilar, similarityFunction, toUnit } from './similarity.ts';
import type { StoreContents } from './store-contents.ts';
import type { LastingOptions } from './store-options.ts';

/** Which documents are asked for. */
interface Wanted {
  /** At most so many. */
  readonly k: number;
  readonly filter: DocumentFilter | undefined;
  /** The query, where words are to be searched as well. */
  readonly text?: string | undefined;
}

interface Candidate {
  readonly document: Document;
  /** Its vector, of unit length. */
  readonly unit: Float32Array;
  readonly score: number;
}

/** Searches what a store holds: by its index, and by words, or by comparing every document. */
export class StoreSearch {
  readonly #contents: StoreContents;
  readonly #depth: SearchDepth | undefined;
  /** By which every document is compared; undefined for cosines. */
  readonly #similarity: SimilarityFunction | undefined;

  constructor(contents: StoreContents, { depth, similarity }: LastingOptions) {
    this.#contents = contents;
    this.#depth = depth;
    this.#similarity = similarityFunction(similarity);
  }

  /** Copies of documents, and their scores, best first. */
  async nearest(query: ArrayLike<number>, wanted: Wanted): Promise<[Document, number][]> {
    if (this.#similarity) {
      const found = await this.#compare(query, wanted, this.#similarity);
      return found.map(([{ document }, score]) => [copyDocument(document), score]);
    }
    return this.#search(query, wanted, (found) => this.#answers(found));
  }

  /** The same of documents that have at least one word of a query, by BM25. */
  async byWords(text: string, wanted: Pick<Wanted, 'k' | 'filter'>): Promise<[Document, number][]> {
    const { words } = this.#contents.documents;
    if (!words) {
      throw new BitryoshkaError({
        code: 'not-supported',
        message: 'hybrid: got a store without words, expected a hybrid one.',
        remedy: 'Make or open the store with `hybrid: true`.',
      });
    }
    return this.#search(undefined, { ...wanted, text }, (found) => this.#answers(found));
  }

  /** Copies of documents that are close to a query and far from each other. */
  async varied(
    query: number[],
    text: string,
    options: MaxMarginalRelevanceSearchOptions<DocumentFilter>,
  ): Promise<Document[]> {
    const { k, fetchK = 20, lambda = 0.5, filter } = options;
    const candidates = await this.#candidates(query, { k: Math.max(k, fetchK), filter, text });
    const chosen = maximalMarginalRelevance(
      candidates.map(({ score }) => score),
      candidates.map(({ unit }) => unit),
      { k, lambda },
    );
    return chosen.map((i) => copyDocument((candidates[i] as Candidate).document));
  }

  /** What is close, with cosines. */
  async #candidates(query: number[], wanted: Wanted): Promise<Candidate[]> {
    if (this.#similarity) {
      const unitQuery = toUnit(query);
      const found = await this.#compare(query, wanted, this.#similarity);
      return found.map(([{ document, vector }]) => {
        const unit = toUnit(vector);
        return { document, unit, score: dot(unitQuery, unit) };
      });
    }
    const toCandidate = ({ row, score }: ScoredRow): Candidate[] => {
      const { documents, index } = this.#contents;
      const document = documents.at(row)?.document;
      return document ? [{ document, unit: (index as AutoIndex).vector(row), score }] : [];
    };
    return this.#search(query, wanted, (found) => found.flatMap(toCandidate));
  }

  #answers(found: readonly ScoredRow[]): [Document, number][] {
    return found.flatMap(({ row, score }): [Document, number][] => {
      const entry = this.#contents.documents.at(row);
      return entry ? [[copyDocument(entry.document), score]] : [];
    });
  }

  /**
   * @param query undefined for words alone
   * @param take makes something of what is found, at once
   */
  async #search<T>(
    query: ArrayLike<number> | undefined,
    { k, filter, text }: Wanted,
    take: (found: readonly ScoredRow[]) => T,
  ): Promise<T> {
    const compiled = checkSearch(k, filter);
    const contents = this.#contents;
    if (contents.isStale) await contents.refresh();
    let allowed = compiled && contents.documents.allowed(compiled);
    if (allowed instanceof Promise) allowed = await allowed;
    return contents.atOnce(() => take(this.#find(query, { k, allowed, text })));
  }

  #find(
    query: ArrayLike<number> | undefined,
    {
      k,
      allowed,
      text,
    }: {
      readonly k: number;
      readonly allowed: RowSet | undefined;
      readonly text: string | undefined;
    },
  ): ScoredRow[] {
    const { documents, searched, index } = this.#contents;
    if (!searched) return [];
    const depth = this.#depth;
    const { words } = documents;
    const wanted = { k: Math.min(k, documents.count), allowed };
    if (query === undefined) return words?.index.search(text ?? '', wanted.k, allowed) ?? [];
    if (text === undefined || !words) return searched.search(query, { ...depth, ...wanted });
    return searchHybrid(searched, words.index, {
      ...wanted,
      text,
      vector: query,
      depth,
      isExact: index?.quantizer === undefined,
      alpha: words.alpha,
    });
  }

  /** By what no index can find. */
  async #compare(
    query: ArrayLike<number>,
    { k, filter }: Wanted,
    similarity: SimilarityFunction,
  ): Promise<[DocumentEntry & Compared, number][]> {
    const compiled = checkSearch(k, filter);
    const { index, documents } = this.#contents;
    if (!index) return [];
    toMatrix([Array.from(query)], { columns: index.dimensions, name: 'query' });
    const asked = Array.isArray(query) ? (query as number[]) : Array.from(query);
    const entries = (documents as DocumentTable).entriesWhere(compiled) as (DocumentEntry &
      Compared)[];
    return mostSimilar(entries, asked, k, similarity);
  }
}

/** @throws BitryoshkaError `invalid-option` */
export function checkSearch(
  k: number,
  filter: DocumentFilter | undefined,
): CompiledFilter | undefined {
  const compiled = filter === undefined || filter === null ? undefined : compileFilter(filter);
  if (Number.isSafeInteger(k) && k >= 0) return compiled;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `k: got ${JSON.stringify(k)}, expected a whole number from 0 up.`,
    remedy: 'Say how many documents to return.',
  });
}
