import type { Language } from '../../lexical/languages.ts';
import type { SqlParameters } from './filter-sql.ts';

/** What PostgreSQL makes words by, by whose they are. */
const regconfigs: Readonly<Record<Language, string>> = {
  en: 'english',
  de: 'german',
  fr: 'french',
  es: 'spanish',
  it: 'italian',
  pt: 'portuguese',
  nl: 'dutch',
  none: 'simple',
};

export const languages: readonly string[] = Object.keys(regconfigs);

export function regconfigOf(language: Language): string {
  return `pg_catalog.${regconfigs[language]}`;
}

/** Words in as many documents are looked up; more frequent ones only tell these apart. */
const mostLookedUp = 20_000;
/** The rarest words of a query, of which no more are asked for. */
const mostWords = 64;
const mostCharacters = 10_000;
/** Documents that are scored by how rare their words are, at least: the best by a score that does not know. */
const fewestGraded = 400;
/** What texts have that PostgreSQL has no room for. */
const unkept = /[\p{Cs}\0]/gu;

export interface WordQuery {
  readonly text: string;
  readonly language: Language;
  /** The table of documents, and the condition of those that are allowed, of the table `d`. */
  readonly documents: string;
  readonly passes: string;
  /** Documents to hand on. */
  readonly limit: number;
  readonly parameters: SqlParameters;
}

/**
 * What finds documents by the words of a query, as parts of a statement: `hits`, rows that have some of these, and the
 * gain of a document `d`, which is comparable with that of others for the same query: 0 without any.
 *
 * The gain is the sum over the words of the query of how often a document has each, saturated as `ts_rank` does it,
 * times how rare it is in the collection (the idf of BM25), divided by the logarithm of the number of different words
 * that the document has. How rare words are is known of frequent ones from the statistics of the table; the others are
 * counted in the index. Of a query with frequent words, documents are found by its rarer ones.
 */
export function wordsSql({ text, language, documents, passes, limit, parameters }: WordQuery): {
  readonly tables: string[];
  readonly gain: string;
} {
  const asked = parameters.add(text.slice(0, mostCharacters).replace(unkept, ' '));
  const table = `${parameters.add(documents)}::text::regclass`;
  const tables = [
    // In a query, quotation marks and backslashes are doubled.
    `counted AS MATERIALIZED (
      SELECT lexeme, query, total,
        least(total, coalesce(share * total, (SELECT count(*) FROM ${documents} WHERE words @@ query))) AS count
      FROM (
        SELECT lexeme, ('''' || replace(replace(lexeme, E'\\\\', E'\\\\\\\\'), '''', '''''') || '''')::tsquery AS query
        FROM unnest(to_tsvector('${regconfigOf(language)}', ${asked}::text))
      ) l
      LEFT JOIN (
        SELECT common, max(share) AS share
        FROM pg_catalog.pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) e (common, share)
        WHERE attname = 'words' AND tablename = (SELECT relname FROM pg_catalog.pg_class WHERE oid = ${table})
          AND schemaname = (
            SELECT nspname FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON n.oid = relnamespace
            WHERE c.oid = ${table}
          )
        GROUP BY common
      ) f ON common = lexeme,
      (SELECT (max(row) - min(row) + 1)::float8 AS total FROM ${documents}) t
    )`,
    `asked AS MATERIALIZED (
      SELECT query, ln(1 + (total - count + .5) / (count + .5)) AS weight,
        row_number() OVER rarest = 1 OR sum(count) OVER rarest <= ${mostLookedUp} AS is_looked_up
      FROM counted WHERE count > 0 WINDOW rarest AS (ORDER BY count, lexeme)
      ORDER BY count, lexeme LIMIT ${mostWords}
    )`,
    `hits AS MATERIALIZED (
      SELECT d.row FROM ${documents} d, (
        SELECT (string_agg(query::text, ' | ') FILTER (WHERE is_looked_up))::tsquery AS some,
          string_agg(query::text, ' | ')::tsquery AS every FROM asked
      ) q
      WHERE d.words @@ q.some AND ${passes}
      ORDER BY ts_rank(d.words, q.every, 1) DESC, d.row
      LIMIT ${parameters.add(Math.max(fewestGraded, 2 * limit))}
    )`,
  ];
  // Long lists of words lie outside of their rows: read once, not for each word.
  const gain = `SELECT coalesce((SELECT sum(weight * ts_rank(words, query)) FROM asked) / ln(2 + length(words)), 0) AS gain
    FROM (SELECT words || ''::tsvector AS words FROM ${documents} WHERE row = d.row OFFSET 0) w`;
  return { tables, gain };
}
