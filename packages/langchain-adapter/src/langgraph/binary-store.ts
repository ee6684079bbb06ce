import { checkpoint } from '@bitryoshka/core/internal';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type {
  GetOperation,
  Item,
  ListNamespacesOperation,
  Operation,
  OperationResults,
  PutOperation,
  SearchItem,
  SearchOperation,
} from '@langchain/langgraph-checkpoint';
import { BaseStore } from '@langchain/langgraph-checkpoint';
import { copyMetadata } from '../documents/copy-metadata.ts';
import { embedTexts } from '../documents/embed-texts.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import { toTypedJson } from '../snapshot/typed-json.ts';
import type { OpenOptions } from '../store/store-options.ts';
import { invalidOperation } from './invalid-operation.ts';
import type { ItemFilter } from './item-filter.ts';
import { compileItemFilter } from './item-filter.ts';
import type { ItemRow } from './item-table.ts';
import { ItemTable, stageItems, takeStagedItems } from './item-table.ts';
import { textsAt } from './item-texts.ts';
import type { EmbeddedItem, ItemChange } from './item-vectors.ts';
import { ItemVectors, noEmbeddings } from './item-vectors.ts';
import type { NameRange, Namespace } from './namespace.ts';
import {
  checkConditions,
  checkNamespace,
  checkPrefix,
  matches,
  rangeOf,
  toJsonText,
  toPath,
} from './namespace.ts';

export interface BinaryStoreOptions extends Omit<OpenOptions, 'fields'> {
  /** Of the model that the file was filled with. Without, nothing is embedded and queries rank nothing. */
  readonly embeddings?: EmbeddingsInterface | undefined;
  /**
   * Paths to the texts of a value that are embedded, one by one, where `put` names no others: `text`, `author.name`,
   * `chapters[*].text`. Default: `['$']`, all of it as one text.
   */
  readonly fields?: readonly string[] | undefined;
}

/** What is asked, once it is checked. */
type Read = () => Promise<Item | null | SearchItem[] | string[][]>;

/** An item to be put: what is kept of its value, a copy, and the texts to embed. */
interface Put {
  readonly namespace: Namespace;
  readonly path: string;
  readonly key: string;
  /** Undefined to delete. */
  readonly kept:
    | { readonly value: string; readonly types: string | null; readonly texts: readonly string[] }
    | undefined;
}

interface Search {
  readonly prefix: Namespace;
  readonly range: NameRange;
  readonly passes: ItemFilter | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly query: string | undefined;
}

/**
 * A store of LangGraph in one SQLite file: what was put or deleted is there when the promise is resolved, whatever
 * happens to the process then. Items are found by what they mean where they have texts that were embedded.
 *
 * A batch reads what was there before it, then makes its changes, all of them or none; batches change in the order in
 * which they were asked for. Reading waits for none.
 */
export class BinaryStore extends BaseStore {
  readonly #vectors: ItemVectors;
  readonly #items: ItemTable;
  readonly #embeddings: EmbeddingsInterface | undefined;
  readonly #fields: readonly string[];

  private constructor(
    vectors: ItemVectors,
    items: ItemTable,
    { embeddings, fields = ['$'] }: BinaryStoreOptions,
  ) {
    super();
    this.#vectors = vectors;
    this.#items = items;
    this.#embeddings = embeddings;
    this.#fields = [...fields];
  }

  /**
   * A store in a file, which is made if it is not there.
   *
   * @throws BitryoshkaError as `BinaryVectorStore.open`; `invalid-file` for a file of documents, `invalid-option`
   */
  static async open(file: string, options: BinaryStoreOptions = {}): Promise<BinaryStore> {
    const { embeddings, fields, ...others } = options;
    if (fields !== undefined) checkPaths(fields, 'fields');
    const vectors = await ItemVectors.open(file, embeddings ?? noEmbeddings, {
      ...others,
      fields: ItemVectors.fields,
    });
    try {
      return new BinaryStore(vectors, new ItemTable(vectors.file), options);
    } catch (cause) {
      await vectors.close();
      throw cause;
    }
  }

  /**
   * Gets, searches and lists what was there before, then puts and deletes: of several changes of an item the last.
   *
   * @throws BitryoshkaError `invalid-option` or `not-supported` for what cannot be kept or asked, before anything
   *   changes; what the embeddings throw is passed on
   */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const reads = new Map<number, Read>();
    const puts = new Map<string, Put>();
    for (const [i, operation] of checkOperations(operations).entries()) {
      if ('namespacePrefix' in operation) reads.set(i, this.#searchOf(operation));
      else if ('value' in operation) {
        const put = this.#putOf(operation);
        puts.set(JSON.stringify([put.path, put.key]), put);
      } else if ('key' in operation) reads.set(i, this.#getOf(operation));
      else reads.set(i, this.#listOf(operation));
    }
    const results: unknown[] = operations.map(() => null);
    const read = async () => {
      const found = await Promise.all([...reads.values()].map((ask) => ask()));
      for (const [j, i] of [...reads.keys()].entries()) results[i] = found[j];
    };
    if (puts.size === 0) await read();
    else await this.#change([...puts.values()], read);
    return results as OperationResults<Op>;
  }

  /** Waits until nothing goes on in the background; throws what failed there. */
  async settled(): Promise<void> {
    await this.#vectors.settled();
  }

  /** Lets go of the file when the changes that were asked for are made. */
  async close(): Promise<void> {
    await this.#vectors.close();
  }

  /** The same, as LangGraph calls it. */
  override async stop(): Promise<void> {
    await this.close();
  }

  #getOf({ namespace, key }: GetOperation): Read {
    const path = toPath(checkNamespace(namespace, 'namespace'));
    const name = toJsonText(checkKey(key));
    return async () => {
      const row = this.#items.row(path, name);
      return row ? this.#items.itemOf(row) : null;
    };
  }

  #searchOf({ namespacePrefix, filter, limit, offset, query }: SearchOperation): Read {
    const prefix = checkPrefix(namespacePrefix, 'namespacePrefix');
    if (query !== undefined && query !== null && typeof query !== 'string') {
      throw invalidOperation('query', query, 'a text');
    }
    const search: Search = {
      prefix,
      range: rangeOf(prefix),
      passes: compileItemFilter(filter),
      limit: checkCount(limit, 'limit') ?? 10,
      offset: checkCount(offset, 'offset') ?? 0,
      query: query && this.#embeddings ? query : undefined,
    };
    return async () =>
      search.query === undefined ? this.#page(search) : this.#ranked(search, search.query);
  }

  #listOf({ matchConditions, maxDepth, limit, offset }: ListNamespacesOperation): Read {
    const conditions = checkConditions(matchConditions);
    const depth = checkCount(maxDepth, 'maxDepth');
    const most = checkCount(limit, 'limit');
    const first = checkCount(offset, 'offset') ?? 0;
    return async () => {
      const all = await this.#items.namespaces();
      const named = new Map<string, string[]>();
      for (const namespace of all) {
        if (!conditions.every((condition) => matches(condition, namespace))) continue;
        const shown = namespace.slice(0, depth);
        named.set(shown.join(':'), shown);
      }
      const sorted = [...named].sort(([a], [b]) => a.localeCompare(b));
      return sorted
        .slice(first, most === undefined ? undefined : first + most)
        .map(([, namespace]) => namespace);
    };
  }

  #putOf({ namespace, key, value, index }: PutOperation): Put {
    const labels = checkNamespace(namespace, 'namespace');
    const put = { namespace: labels, path: toPath(labels), key: toJsonText(checkKey(key)) };
    if (value === null) return { ...put, kept: undefined };
    if (typeof value !== 'object')
      throw invalidOperation('value', value, 'an object, or null to delete');
    const paths = index === false ? [] : (index ?? this.#fields);
    checkPaths(paths, 'index');
    const { json, types } = toTypedJson(copyMetadata(value, undefined, 'value'), 'value');
    const kept = {
      value: JSON.stringify(json),
      types: Object.keys(types).length > 0 ? JSON.stringify(types) : null,
      texts: this.#embeddings ? textsAt(json, paths) : [],
    };
    return { ...put, kept };
  }

  async #change(puts: readonly Put[], read: () => Promise<void>): Promise<void> {
    // Begun at once and awaited in turn, as additions of documents are.
    const embedding = this.#embed(puts.flatMap(({ kept }) => kept?.texts ?? []));
    embedding.catch(() => undefined);
    await this.#vectors.change(async () => {
      await read();
      return this.#changeOf(puts, await embedding);
    });
  }

  async #embed(texts: readonly string[]): Promise<ReadonlyMap<string, number[]>> {
    const different = [...new Set(texts)];
    if (!this.#embeddings || different.length === 0) return new Map();
    const vectors = await embedTexts(this.#embeddings, different);
    return new Map(different.map((text, i) => [text, vectors[i] as number[]]));
  }

  async #changeOf(
    puts: readonly Put[],
    vectors: ReadonlyMap<string, number[]>,
  ): Promise<ItemChange> {
    const now = Date.now();
    let last = this.#items.lastNumber;
    const items: EmbeddedItem[] = [];
    const written: Omit<ItemRow, 'checksum'>[] = [];
    const deleted: number[] = [];
    for (const [done, { namespace, path, key, kept }] of puts.entries()) {
      if (done % rowsPerTurn === 0) await turn(done, puts.length);
      const known = this.#items.row(path, key);
      if (!known && !kept) continue;
      const number = known?.number ?? ++last;
      const texts = kept?.texts ?? [];
      items.push({
        number,
        namespace,
        texts,
        vectors: texts.map((text) => vectors.get(text) as number[]),
        before: known?.vectors ?? 0,
      });
      if (!kept) deleted.push(number);
      else {
        const { value, types } = kept;
        const created = known?.created ?? now;
        const count = texts.length;
        written.push({ number, path, key, value, types, created, updated: now, vectors: count });
      }
    }
    return {
      items,
      stage: (file) => stageItems(file, written, deleted),
      write: takeStagedItems,
    };
  }

  /** Those that pass, by namespace and age. */
  async #page(
    { range, passes, limit, offset }: Omit<Search, 'query' | 'prefix'>,
    isWithout = false,
  ): Promise<SearchItem[]> {
    const found: SearchItem[] = [];
    let toSkip = offset;
    if (limit === 0) return found;
    for await (const page of this.#items.pages(range, isWithout)) {
      for (const row of page) {
        if (passes && !passes(this.#items.valueOf(row))) continue;
        if (toSkip-- > 0) continue;
        if (found.push(this.#items.itemOf(row)) === limit) return found;
      }
    }
    return found;
  }

  /** Those that have vectors, nearest first, then the others. */
  async #ranked(search: Search, query: string): Promise<SearchItem[]> {
    const { prefix, range, passes, limit, offset } = search;
    const wanted = Math.min(offset + limit, Number.MAX_SAFE_INTEGER);
    const which = passes ? await this.#passing(range, passes) : toPath(prefix) || undefined;
    // Of so many texts, so many items are different.
    const k = Math.min(wanted * this.#items.mostVectors, Number.MAX_SAFE_INTEGER);
    const best =
      k === 0 || which?.length === 0
        ? new Map<number, number>()
        : await this.#vectors.nearest(query, k, which);
    const found: SearchItem[] = [];
    for (const [done, [number, score]] of [...best].slice(offset, wanted).entries()) {
      if (done % rowsPerTurn === 0) await turn(done, limit);
      // It may have been changed or deleted meanwhile.
      const row = this.#items.at(number);
      const item = row && this.#items.itemOf(row);
      if (item && (!passes || passes(item.value))) found.push({ ...item, score });
    }
    if (best.size >= wanted) return found;
    const rest = {
      range,
      passes,
      limit: limit - found.length,
      offset: Math.max(0, offset - best.size),
    };
    return [...found, ...(await this.#page(rest, true))];
  }

  /** The numbers of those that pass and have vectors. */
  async #passing(range: NameRange, passes: ItemFilter): Promise<number[]> {
    const numbers: number[] = [];
    for await (const page of this.#items.pages(range)) {
      for (const row of page) {
        if (row.vectors > 0 && passes(this.#items.valueOf(row))) numbers.push(row.number);
      }
    }
    return numbers;
  }
}

/** So many are read at once. */
const rowsPerTurn = 256;

async function turn(done: number, total: number): Promise<void> {
  await checkpoint({}, { stage: 'read', done, total });
}

function checkOperations(operations: unknown): readonly Operation[] {
  if (!Array.isArray(operations)) throw invalidOperation('operations', operations, 'a list');
  for (const [i, operation] of operations.entries()) {
    if (!isPlainObject(operation))
      throw invalidOperation(`operations[${i}]`, operation, 'an object');
  }
  return operations as Operation[];
}

function checkKey(key: unknown): string {
  if (typeof key === 'string') return key;
  throw invalidOperation('key', key, 'a text');
}

function checkPaths(paths: unknown, name: string): asserts paths is readonly string[] {
  if (Array.isArray(paths) && paths.every((path) => typeof path === 'string')) return;
  throw invalidOperation(name, paths, `a list of paths${name === 'index' ? ', or false' : ''}`);
}

function checkCount(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalidOperation(name, value, 'a whole number from 0 up');
}
