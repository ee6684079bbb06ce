import { BitryoshkaError } from '@bitryoshka/core';
import type {
  Comparator,
  Comparison,
  Operation,
  Operator,
  StructuredQuery,
  TranslatorOpts,
} from '@langchain/core/structured_query';
import { BaseTranslator } from '@langchain/core/structured_query';
import type { DocumentFilter, MetadataQuery } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import type { BinaryVectorStore } from '../store/binary-vector-store.ts';

type Value = string | number | boolean;

const operators: readonly Operator[] = ['and', 'or', 'not'];
const comparators: readonly Comparator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'];
/** Which filters take for other things than fields. */
const reserved: ReadonlySet<string> = new Set(['', 'constructor', 'toJSON']);

/**
 * Turns what a language model makes of a question into a filter on metadata, for `SelfQueryRetriever`:
 * `or(eq("genre", "drama"), gt("year", 1999))` is `{ $or: [{ genre: { $eq: 'drama' } }, { year: { $gt: 1999 } }] }`.
 * Models quote numbers at times: what is written as one is compared as a number and as a text.
 */
export class ObjectFilterTranslator extends BaseTranslator<BinaryVectorStore> {
  declare VisitOperationOutput: MetadataQuery;
  declare VisitComparisonOutput: MetadataQuery;
  declare VisitStructuredQueryOutput: { filter?: DocumentFilter };
  readonly allowedOperators: Operator[];
  readonly allowedComparators: Comparator[];

  /** @param options which operators and comparators may be used. Default: all */
  constructor(options: Partial<TranslatorOpts> = {}) {
    super();
    this.allowedOperators = options.allowedOperators ?? [...operators];
    this.allowedComparators = options.allowedComparators ?? [...comparators];
  }

  /** @throws BitryoshkaError `not-supported` for what is not known or not allowed */
  formatFunction(name: Operator | Comparator): string {
    const allowed: readonly string[] = [...this.allowedOperators, ...this.allowedComparators];
    const isKnown = [...operators, ...comparators].some((known) => known === name);
    if (isKnown && allowed.includes(name)) return name === 'not' ? '$nor' : `$${name}`;
    throw refusal(`got ${show(name)}, expected one of ${allowed.join(', ')}`);
  }

  /** @throws BitryoshkaError `not-supported` */
  visitOperation({ operator, args = [] }: Operation): MetadataQuery {
    const name = this.formatFunction(operator);
    if (args.length === 0 || (operator === 'not' && args.length > 1)) {
      const expected = operator === 'not' ? 'one' : 'one or more';
      throw refusal(`${operator}: got ${args.length} conditions, expected ${expected}`);
    }
    return { [name]: args.map((condition) => condition.accept(this)) };
  }

  /** @throws BitryoshkaError `not-supported` */
  visitComparison({ comparator, attribute, value }: Comparison): MetadataQuery {
    const name = this.formatFunction(comparator);
    if (typeof attribute !== 'string' || reserved.has(attribute) || attribute.startsWith('$')) {
      throw refusal(`got ${show(attribute)}, expected the name of a field of metadata`);
    }
    const [first, second] = readings(value, attribute);
    if (second === undefined) return { [attribute]: { [name]: first } };
    if (comparator === 'eq') return { [attribute]: { $in: [first, second] } };
    if (comparator === 'ne') return { [attribute]: { $nin: [first, second] } };
    return { $or: [{ [attribute]: { [name]: first } }, { [attribute]: { [name]: second } }] };
  }

  /** @throws BitryoshkaError `not-supported` for what a filter cannot say */
  visitStructuredQuery({ filter }: StructuredQuery): { filter?: DocumentFilter } {
    return filter ? { filter: filter.accept(this) as MetadataQuery } : {};
  }

  /**
   * As translators of LangChain do: a default filter that is to be joined by `and` counts only beside one from the
   * question, unless it is forced.
   */
  mergeFilters(
    defaultFilter: DocumentFilter | undefined,
    generatedFilter: DocumentFilter | undefined,
    mergeType: 'and' | 'or' | 'replace' = 'and',
    forceDefaultFilter: boolean = false,
  ): DocumentFilter | undefined {
    const [fallback, generated] = [nonEmpty(defaultFilter), nonEmpty(generatedFilter)];
    if (!['and', 'or', 'replace'].includes(mergeType)) {
      throw refusal(`mergeFiltersOperator: got ${show(mergeType)}, expected and, or, replace`);
    }
    if (!fallback || mergeType === 'replace') return generated;
    if (!generated) return forceDefaultFilter || mergeType === 'or' ? fallback : undefined;
    if (typeof fallback === 'object' && typeof generated === 'object') {
      return { [`$${mergeType}`]: [fallback, generated] };
    }
    const [first, second] = [compileFilter(fallback).passes, compileFilter(generated).passes];
    if (mergeType === 'and') return (document) => first(document) && second(document);
    return (document) => first(document) || second(document);
  }
}

function nonEmpty(filter: DocumentFilter | undefined): DocumentFilter | undefined {
  const isEmpty = typeof filter !== 'function' && Object.keys(filter ?? {}).length === 0;
  return isEmpty ? undefined : filter;
}

/** A text that is written as numbers are may stand for one. */
function readings(value: unknown, attribute: string): [first: Value, second?: Value] {
  if (typeof value === 'string') {
    const number = Number(value);
    return Number.isFinite(number) && `${number}` === value ? [number, value] : [value];
  }
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) {
    return [value];
  }
  throw refusal(`${attribute}: got ${show(value)}, expected a text, a number, true or false`);
}

function show(value: unknown): string {
  return typeof value === 'number' ? `${value}` : (JSON.stringify(value) ?? typeof value);
}

function refusal(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: `structured query: ${what}.`,
    remedy: 'Ask again, or tell the model which attributes there are and how they are compared.',
  });
}
