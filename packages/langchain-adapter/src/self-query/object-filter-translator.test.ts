import {
  QueryTransformer,
  StructuredQueryOutputParser,
} from '@langchain/classic/chains/query_constructor';
import { SelfQueryRetriever } from '@langchain/classic/retrievers/self_query';
import { Document } from '@langchain/core/documents';
import { RunnableLambda } from '@langchain/core/runnables';
import {
  BaseTranslator,
  Comparison,
  Operation,
  StructuredQuery,
} from '@langchain/core/structured_query';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { describe, expect, it } from 'vitest';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { ObjectFilterTranslator } from './object-filter-translator.ts';

const translator = new ObjectFilterTranslator();
const filterOf = (directive: Operation | Comparison<never>) =>
  translator.visitStructuredQuery(new StructuredQuery('q', directive)).filter;
const films = [
  { title: 'one', genre: 'drama', year: 1999, code: '7' },
  { title: 'two', genre: 'comedy', year: 2005, code: '8' },
  { title: 'three', genre: 'drama', year: 2010, code: '7' },
  { title: 'four', genre: 'horror', year: 1980, seen: true },
];
const titlesOf = (filter: DocumentFilter | undefined) => {
  const { passes } = compileFilter(filter ?? {});
  return films
    .filter((metadata) => passes({ pageContent: '', metadata }))
    .map(({ title }) => title);
};

describe('a structured query', () => {
  it.each<[string, object, string[]]>([
    ['eq("genre", "drama")', { genre: { $eq: 'drama' } }, ['one', 'three']],
    ['ne("genre", "drama")', { genre: { $ne: 'drama' } }, ['two', 'four']],
    ['gt("year", 1999)', { year: { $gt: 1999 } }, ['two', 'three']],
    ['gte("year", 1999)', { year: { $gte: 1999 } }, ['one', 'two', 'three']],
    ['lt("year", 1999)', { year: { $lt: 1999 } }, ['four']],
    ['lte("year", 1999)', { year: { $lte: 1999 } }, ['one', 'four']],
    ['eq("seen", true)', { seen: { $eq: true } }, ['four']],
    [
      'and(eq("genre", "drama"), gt("year", 2000))',
      { $and: [{ genre: { $eq: 'drama' } }, { year: { $gt: 2000 } }] },
      ['three'],
    ],
    [
      'or(eq("genre", "horror"), eq("year", 2005))',
      { $or: [{ genre: { $eq: 'horror' } }, { year: { $eq: 2005 } }] },
      ['two', 'four'],
    ],
    ['not(eq("genre", "drama"))', { $nor: [{ genre: { $eq: 'drama' } }] }, ['two', 'four']],
    [
      'and(or(eq("genre", "drama"), eq("genre", "comedy")), not(lt("year", 2000)))',
      {
        $and: [
          { $or: [{ genre: { $eq: 'drama' } }, { genre: { $eq: 'comedy' } }] },
          { $nor: [{ year: { $lt: 2000 } }] },
        ],
      },
      ['two', 'three'],
    ],
    ['eq("year", "1999")', { year: { $in: [1999, '1999'] } }, ['one']],
    ['eq("code", "7")', { code: { $in: [7, '7'] } }, ['one', 'three']],
    ['ne("code", "7")', { code: { $nin: [7, '7'] } }, ['two', 'four']],
    [
      'gt("year", "2005")',
      { $or: [{ year: { $gt: 2005 } }, { year: { $gt: '2005' } }] },
      ['three'],
    ],
    ['eq("code", "07")', { code: { $eq: '07' } }, []],
  ])('%s', async (text, expected, titles) => {
    const directive = await new QueryTransformer().parse(text);
    const filter = filterOf(directive as Operation);
    expect(filter).toEqual(expected);
    expect(titlesOf(filter)).toEqual(titles);
  });

  it('without conditions has no filter', () => {
    expect(translator.visitStructuredQuery(new StructuredQuery('q'))).toEqual({});
  });

  it.each<[string, () => Operation | Comparison<never>]>([
    ['an unknown comparator', () => new Comparison('like' as 'eq', 'a', 'b' as never)],
    ['a name that every object has', () => new Comparison('toString' as 'eq', 'a', 'b' as never)],
    ['an unknown operator', () => new Operation('xor' as 'or', [])],
    ['no conditions', () => new Operation('or', [])],
    ['no conditions at all', () => new Operation('and')],
    [
      'two conditions to negate',
      () => new Operation('not', [new Comparison('eq', 'a', 1), new Comparison('eq', 'b', 1)]),
    ],
    ['an operator for a field', () => new Comparison('eq', '$where', 'true' as never)],
    ['a field without a name', () => new Comparison('eq', '', 'true' as never)],
    ['a list', () => new Comparison('eq', 'a', ['b'] as never)],
    ['an object', () => new Comparison('eq', 'a', { $ne: 1 } as never)],
    ['nothing', () => new Comparison('eq', 'a', undefined as never)],
    ['NaN', () => new Comparison('gt', 'a', Number.NaN as never)],
    [
      'what is wrong within',
      () => new Operation('or', [new Comparison('eq', 'a', 1), new Operation('not', [])]),
    ],
  ])('is refused for %s', (_, create) => {
    expect(() => filterOf(create())).toThrow(expect.objectContaining({ code: 'not-supported' }));
  });

  it('is refused for what is not allowed', () => {
    const strict = new ObjectFilterTranslator({
      allowedOperators: ['and'],
      allowedComparators: ['eq'],
    });
    expect(strict.formatFunction('eq')).toBe('$eq');
    for (const name of ['or', 'gt'] as const) {
      expect(() => strict.formatFunction(name)).toThrow(/expected one of and, eq/);
    }
    expect(translator).toBeInstanceOf(BaseTranslator);
  });
});

describe('two filters', () => {
  const drama = { genre: 'drama' };
  const late = { year: { $gt: 2000 } };
  const isDrama = ({ metadata }: Pick<Document, 'metadata'>) => metadata.genre === 'drama';

  it('are joined', () => {
    expect(translator.mergeFilters(drama, late)).toEqual({ $and: [drama, late] });
    expect(translator.mergeFilters(drama, late, 'or')).toEqual({ $or: [drama, late] });
    expect(translator.mergeFilters(drama, late, 'replace')).toEqual(late);
    expect(() => translator.mergeFilters(drama, late, 'xor' as 'or')).toThrow(/got "xor"/);
  });

  it('are joined also where one is a function', () => {
    expect(titlesOf(translator.mergeFilters(isDrama, late))).toEqual(['three']);
    expect(titlesOf(translator.mergeFilters(isDrama, late, 'or'))).toEqual(['one', 'two', 'three']);
    expect(titlesOf(translator.mergeFilters(late, isDrama))).toEqual(['three']);
  });

  it('may be one, or none', () => {
    expect(translator.mergeFilters(undefined, late)).toBe(late);
    expect(translator.mergeFilters({}, late)).toBe(late);
    expect(translator.mergeFilters(drama, undefined)).toBeUndefined();
    expect(translator.mergeFilters(drama, {}, 'and', true)).toBe(drama);
    expect(translator.mergeFilters(drama, undefined, 'or')).toBe(drama);
    expect(translator.mergeFilters(drama, undefined, 'replace')).toBeUndefined();
    expect(translator.mergeFilters(undefined, undefined)).toBeUndefined();
  });
});

describe('SelfQueryRetriever', () => {
  const documents = films.map(
    ({ title, ...metadata }) =>
      new Document({ pageContent: `film ${title}`, metadata: { title, ...metadata } }),
  );
  const answer = (query: string, filter: string) =>
    `\`\`\`json\n${JSON.stringify({ query, filter })}\n\`\`\``;

  it('finds with conditions that a model has made of the question, either of them', async () => {
    const vectorStore = await BinaryVectorStore.fromDocuments(documents, new WordEmbeddings());
    const retriever = SelfQueryRetriever.fromLLM({
      llm: new FakeListChatModel({
        responses: [
          answer('film', 'or(eq("genre", "horror"), eq("year", 2005))'),
          answer('film three', 'not(eq("genre", "drama"))'),
          answer('film', 'NO_FILTER'),
        ],
      }),
      vectorStore,
      documentContents: 'films',
      attributeInfo: [
        { name: 'genre', type: 'string', description: 'the genre' },
        { name: 'year', type: 'number', description: 'when it came out' },
      ],
      structuredQueryTranslator: new ObjectFilterTranslator(),
    });
    const ask = async () =>
      new Set((await retriever.invoke('which?')).map(({ metadata }) => metadata.title));
    expect(await ask()).toEqual(new Set(['four', 'two']));
    expect(await ask()).toEqual(new Set(['four', 'two']));
    expect(await ask()).toEqual(new Set(['four', 'one', 'three', 'two']));
  });

  it('joins them with a filter of the program, be it a function', async () => {
    const vectorStore = await BinaryVectorStore.fromDocuments(documents, new WordEmbeddings());
    const parser = StructuredQueryOutputParser.fromComponents();
    for (const filter of [
      { year: { $lt: 2000 } },
      ({ metadata }: Pick<Document, 'metadata'>) => metadata.year < 2000,
    ]) {
      const retriever = new SelfQueryRetriever<BinaryVectorStore>({
        vectorStore,
        structuredQueryTranslator: new ObjectFilterTranslator(),
        queryConstructor: RunnableLambda.from(() =>
          parser.parse(answer('film', 'or(eq("genre", "drama"), eq("genre", "comedy"))')),
        ),
        searchParams: { k: 4, filter, mergeFiltersOperator: 'and', forceDefaultFilter: true },
      });
      const found = await retriever.invoke('which?');
      expect(found.map(({ metadata }) => metadata.title)).toEqual(['one']);
    }
  });
});
