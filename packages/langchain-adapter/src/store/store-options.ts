import type {
  CorpusPairOptions,
  HeadOptions,
  NormStorage,
  Quantizer,
  QuantizerKind,
  Scoring,
  SearchDepth,
  StoredVectors,
  TaskOptions,
  VectorFormatName,
} from '@bitryoshka/core';
import { BitryoshkaError, corpusPairKinds, quantizerKinds } from '@bitryoshka/core';
import type { PassageFields } from '../documents/passage-of.ts';

/** Options of a head that can be saved with a store. */
export type HeadRecipe = Pick<
  HeadOptions,
  'architecture' | 'binarize' | 'nested' | 'objectives' | 'steps' | 'rerank' | 'choose' | 'loyalty'
>;

/** What a store takes for queries and answers to learn from, of its own documents. */
export interface CorpusRecipe extends PassageFields, Pick<CorpusPairOptions, 'kinds' | 'limit'> {}

/** How a store fits a quantizer to its own vectors. */
export interface QuantizerRecipe {
  /** `tuned`: the kind that finds most on held-out vectors, as `tune` of `@bitryoshka/core` chooses. */
  readonly kind: QuantizerKind | 'tuned';
  /** Length of a code: at most the dimension of the vectors, eight times that for kind `random`. */
  readonly bits: number;
  /** What a quantizer of kind `head` is to look like and to learn. */
  readonly head?: HeadRecipe | undefined;
  /**
   * Learn from titles and headings as well, which are more like questions than documents are: `true`, or
   * under which names metadata have them. A head learns from the pairs that they make with what they stand
   * over, too. They are embedded with `embedDocuments`. Default: false.
   */
  readonly corpus?: boolean | CorpusRecipe | undefined;
  /** Same vectors, recipe and seed: same codes. Default: 0. */
  readonly seed?: number | undefined;
}

/** Options that a store does not know are ignored, as LangChain expects. */
export interface BinaryVectorStoreOptions {
  /**
   * A fitted quantizer, used from the first vector on, or how to fit one. Default: `autoencoder` with 256
   * bits, or as many as the vectors have dimensions when these are fewer.
   */
  readonly quantizer?: Quantizer | QuantizerRecipe | undefined;
  /** Short for `quantizer: { kind: 'tuned', bits }`. */
  readonly bits?: number | undefined;
  /**
   * With how many vectors the store fits its quantizer; before, every search is exact. It never fits
   * with fewer vectors than bits. `Infinity`: only when `fit` is called. Default: 1000.
   */
  readonly fitAt?: number | undefined;
  /** How far a search looks before it settles. Default: that of `FlatIndex`. */
  readonly depth?: SearchDepth | undefined;
  /**
   * How the vectors are kept that re-ranking reads, once there are codes: `float32`, `float16` or `int8` in
   * memory, or a function that creates stores, such as one of files. Default: `float32`.
   */
  readonly storage?: VectorFormatName | ((dimensions: number) => StoredVectors) | undefined;
  /**
   * Whether the lengths of decoded codes are kept, a byte for each document, or computed whenever a search
   * scores codes. Default: `stored`.
   */
  readonly norms?: NormStorage | undefined;
  /**
   * Leading bits of every code that are kept once more, for searches with `depth.prefixes`: a multiple of 8,
   * all bits of a code at most. Default: none.
   */
  readonly prefixBits?: number | undefined;
}

export interface AddOptions extends TaskOptions {
  /**
   * By document. A document whose id is in the store replaces the one there. Default: the documents'
   * own ids, and random ones for documents without.
   */
  readonly ids?: readonly (string | undefined)[] | undefined;
}

/** Options of a store and of the adding of its first documents. */
export interface CreateOptions extends BinaryVectorStoreOptions, TaskOptions {}

export interface FitOptions extends TaskOptions {
  /** From now on used instead of the store's own option. */
  readonly quantizer?: Quantizer | QuantizerRecipe | undefined;
}

export interface RefitOptions extends FitOptions {
  /** Train a head of as many bits as the codes have now: `true`, or what it is to look like. */
  readonly head?: boolean | HeadRecipe | undefined;
  /** As in a recipe: what the quantizer is to learn from besides the vectors. */
  readonly corpus?: boolean | CorpusRecipe | undefined;
}

/** Options that replace what was saved. */
export interface LoadOptions
  extends Pick<BinaryVectorStoreOptions, 'fitAt' | 'depth' | 'storage' | 'norms' | 'prefixBits'>,
    Pick<TaskOptions, 'signal'> {}

/** Which documents to delete: give one of the three. */
export interface DeleteOptions<Filter> {
  /** Ids that are not in the store are ignored. */
  readonly ids?: readonly string[] | undefined;
  readonly filter?: Filter | undefined;
  readonly deleteAll?: boolean | undefined;
}

const scorings: readonly Scoring[] = ['symmetric', 'asymmetric', 'decoded'];

const formats: readonly VectorFormatName[] = ['float32', 'float16', 'int8'];

const normStorages: readonly NormStorage[] = ['stored', 'computed'];

export function isQuantizer(value: object): value is Quantizer {
  return 'encode' in value && typeof value.encode === 'function';
}

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function checkStoreOptions(options: BinaryVectorStoreOptions): void {
  const { quantizer, bits, fitAt, depth = {}, prefixBits = 0 } = options;
  const { storage = 'float32', norms = 'stored' } = options;
  if (quantizer !== undefined) checkQuantizerOption(quantizer);
  if (bits !== undefined && quantizer !== undefined) {
    throw invalid('bits', bits, 'no bits beside a quantizer, which has its own');
  }
  checkCount('bits', bits, 1);
  if (fitAt !== Infinity) checkCount('fitAt', fitAt, 1);
  if (depth === null || typeof depth !== 'object') throw invalid('depth', depth, 'an object');
  if (typeof storage !== 'function' && !formats.includes(storage)) {
    throw invalid('storage', storage, `one of ${formats.join(', ')}, or a function`);
  }
  if (!normStorages.includes(norms)) {
    throw invalid('norms', norms, `one of ${normStorages.join(', ')}`);
  }
  checkCount('prefixBits', prefixBits, 0);
  if (prefixBits % 8 !== 0) throw invalid('prefixBits', prefixBits, 'a multiple of 8');
  const { scoring, candidates, rerank, prefixes } = depth;
  if (prefixes !== undefined && prefixBits === 0) {
    throw invalid('depth.prefixes', prefixes, 'none without prefixBits');
  }
  if (prefixes !== 'safe') checkCount('depth.prefixes', prefixes, 1);
  checkCount('depth.candidates', candidates, 0);
  checkCount('depth.rerank', rerank, 0);
  if (scoring !== undefined && !scorings.includes(scoring)) {
    throw invalid('depth.scoring', scoring, `one of ${scorings.join(', ')}`);
  }
}

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function checkQuantizerOption(quantizer: Quantizer | QuantizerRecipe): void {
  if (typeof quantizer !== 'object' || quantizer === null) {
    throw invalid('quantizer', quantizer, 'a fitted quantizer or { kind, bits }');
  }
  if (isQuantizer(quantizer)) return;
  const { kind, bits, head, corpus, seed } = quantizer;
  if (kind !== 'tuned' && !quantizerKinds.includes(kind)) {
    throw invalid('quantizer.kind', kind, `tuned or one of ${quantizerKinds.join(', ')}`);
  }
  if (bits === undefined) throw invalid('quantizer.bits', bits, 'a whole number from 1 up');
  checkCount('quantizer.bits', bits, 1);
  checkCount('quantizer.seed', seed, Number.MIN_SAFE_INTEGER);
  checkCorpus(corpus);
  if (head !== undefined && (kind !== 'head' || typeof head !== 'object' || head === null)) {
    throw invalid('quantizer.head', head, 'an object, and only for the kind head');
  }
}

function checkCorpus(corpus: QuantizerRecipe['corpus']): void {
  if (corpus === undefined || typeof corpus === 'boolean') return;
  if (typeof corpus !== 'object' || corpus === null) {
    throw invalid('quantizer.corpus', corpus, 'true, false or an object');
  }
  for (const name of ['title', 'headings', 'source'] as const) {
    const field = corpus[name];
    if (field === undefined || typeof field === 'string') continue;
    throw invalid(`quantizer.corpus.${name}`, field, 'the name of a field of metadata');
  }
  for (const kind of corpus.kinds ?? []) {
    if (corpusPairKinds.includes(kind)) continue;
    throw invalid('quantizer.corpus.kinds', kind, `some of ${corpusPairKinds.join(', ')}`);
  }
  checkCount('quantizer.corpus.limit', corpus.limit, 1);
}

function checkCount(name: string, value: number | undefined, minimum: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= minimum)) return;
  throw invalid(name, value, `a whole number from ${minimum} up`);
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${typeof got === 'string' ? `"${got}"` : String(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
