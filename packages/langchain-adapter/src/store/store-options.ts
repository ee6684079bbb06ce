import type {
  CodeTrainingOptions,
  FamilyOptions,
  IndexKind,
  Quantizer,
  QuantizerKind,
  SearchDepth,
  StoredVectors,
  TaskOptions,
  VectorFormatName,
} from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError, quantizerKinds } from '@bitryoshka/core';
import { resolveKind } from '@bitryoshka/core/internal';
import type { CorpusPairOptions } from '@bitryoshka/core/training';
import { corpusPairKinds } from '@bitryoshka/core/training';
import type { DocumentId } from '../documents/document-batch.ts';
import type { PassageFields } from '../documents/passage-of.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import type { StoreFileOptions } from '../durable/store-file.ts';
import type { HybridOptions } from '../lexical/hybrid-options.ts';
import type { Similarity } from './similarity.ts';
import { checkSimilarity, similarityFunction } from './similarity.ts';

/** What trained codes are to look like and to learn, as far as it can be saved with a store. */
export type HeadRecipe = Pick<
  CodeTrainingOptions,
  | 'architecture'
  | 'binarize'
  | 'nested'
  | 'objectives'
  | 'steps'
  | 'rerank'
  | 'choose'
  | 'encoderWeight'
>;

/** What a store takes for queries and answers to learn from, of its own documents. */
export interface CorpusRecipe extends PassageFields, Pick<CorpusPairOptions, 'kinds' | 'limit'> {}

/**
 * How a store fits a quantizer to its own vectors: a kind, and options of its family as of `fitQuantizer` of
 * `@bitryoshka/core`.
 */
export interface QuantizerRecipe extends Omit<FamilyOptions, 'learned'> {
  /** `tuned`: the kind that finds most on held-out vectors, as `tune` of `@bitryoshka/core` chooses. */
  readonly kind: QuantizerKind | 'tuned';
  /** Length of a code: at most the dimension of the vectors, eight times that for kind `random`. */
  readonly bits: number;
  /** Whether codes are trained: `true`, or what they are to look like and to learn. */
  readonly learned?: { readonly train?: boolean | HeadRecipe | undefined } | undefined;
  /**
   * Learn from titles and headings as well, which are more like questions than documents are: `true`, or
   * under which names metadata have them. Trained codes learn from the pairs that they make with what they stand
   * over, too. They are embedded with `embedDocuments`. Default: false.
   */
  readonly corpus?: boolean | CorpusRecipe | undefined;
  /** Same vectors, recipe and seed: same codes. Default: 0. */
  readonly seed?: number | undefined;
}

/** Options that a store does not know are ignored, as LangChain expects. */
export interface BinaryVectorStoreOptions {
  /**
   * How nearest documents are found: `exact` by all vectors; `scan` of all codes; `graph`, in a fraction of the
   * time where there are many; `lists`, in less memory; `auto` follows the collection as it grows and shrinks, in
   * the background. Default: `auto`.
   */
  readonly index?: IndexKind | undefined;
  /**
   * The share of the nearest documents that searches are to find, as far as questions made of the documents tell:
   * how far searches look is chosen by it. Default: .98.
   */
  readonly targetRecall?: number | undefined;
  /**
   * A fitted quantizer, used from the first vector on, or how to fit one. Default: signs of a random rotation, 512
   * bits or eight for each dimension, which need no fitting.
   */
  readonly quantizer?: Quantizer | QuantizerRecipe | undefined;
  /** Short for `quantizer: { kind: 'tuned', bits }`. */
  readonly bits?: number | undefined;
  /** How far a search looks before it settles. Default: what is chosen for `targetRecall`. */
  readonly depth?: SearchDepth | undefined;
  /**
   * How the vectors are kept that decide among candidates: `float32`, `float16`, `int8`, `int4` or `int2` in memory,
   * or a function that creates stores, such as one of files. The shorter, the less is found. Default: `float32`.
   */
  readonly storage?: VectorFormatName | ((dimensions: number) => StoredVectors) | undefined;
  /**
   * What scores are, and who is nearest. All but `cosine` compare every document with the question, and keep the
   * vectors twice. Default: `cosine`.
   */
  readonly similarity?: Similarity | undefined;
  /** Is told of what goes on in the background: codes that are made, a graph that is linked. */
  readonly onIndexProgress?: TaskOptions['onProgress'];
  /**
   * Fields of metadata, or paths to them with dots, that filters often ask for: they are indexed as documents
   * are added. Other fields are indexed when a filter asks for them, up to eight at a time.
   */
  readonly fields?: readonly string[] | undefined;
  /**
   * Whether fits may learn from questions that were asked since the store was made, loaded or opened, once there are two
   * hundred: the thresholds of the query side then are theirs. Codes that find less for it are not taken by `refit`.
   * Default: true.
   */
  readonly learnFromQuestions?: boolean | undefined;
  /**
   * Search by words as well, where a query is a text: `true`, or how words count. Scores are then what both sides make
   * of a document, on the scale of cosines. Default: vectors alone.
   */
  readonly hybrid?: boolean | HybridOptions | undefined;
}

const lasting = [
  'index',
  'targetRecall',
  'depth',
  'storage',
  'fields',
  'hybrid',
  'similarity',
  'learnFromQuestions',
  'onIndexProgress',
] as const;

/** What stays as it is as long as a store lives: codes may become others. */
export type LastingOptions = Pick<BinaryVectorStoreOptions, (typeof lasting)[number]>;

/** Those alone that are known. */
export function lastingOptions(options: BinaryVectorStoreOptions): LastingOptions {
  return Object.fromEntries(lasting.map((name) => [name, options[name]]));
}

/** What makes the codes at first; undefined for the default. */
export function quantizerOf({
  quantizer,
  bits,
}: BinaryVectorStoreOptions): Quantizer | QuantizerRecipe | undefined {
  return quantizer ?? (bits === undefined ? undefined : { kind: 'tuned', bits });
}

export interface AddOptions extends TaskOptions {
  /**
   * By document; numbers count as strings. A document whose id is in the store replaces the one there. Default: the
   * documents' own ids, and random ones for documents without.
   */
  readonly ids?: readonly (DocumentId | undefined)[] | undefined;
}

/** Options of a store and of the adding of its first documents. */
export interface CreateOptions extends BinaryVectorStoreOptions, AddOptions {}

export interface FitOptions extends TaskOptions {
  /** From now on used instead of the store's own option. */
  readonly quantizer?: Quantizer | QuantizerRecipe | undefined;
}

export interface RefitOptions extends FitOptions {
  /** Go on with the codes that there are where the new ones find less. Default: true, unless a quantizer is given. */
  readonly keepsBest?: boolean | undefined;
  /** Train codes, of as many bits as they have now: `true`, or what they are to look like. */
  readonly head?: boolean | HeadRecipe | undefined;
  /** As in a recipe: what the quantizer is to learn from besides the vectors. */
  readonly corpus?: boolean | CorpusRecipe | undefined;
}

/** Options that replace what was saved. */
export interface LoadOptions extends LastingOptions, Pick<TaskOptions, 'signal'> {}

/** Options of a store in a file; those that it had before count where they are left out. */
export interface OpenOptions
  extends Omit<BinaryVectorStoreOptions, 'storage' | 'bits' | 'similarity'>,
    StoreFileOptions,
    Pick<TaskOptions, 'signal'> {
  /** How vectors are written, once for all. Default: `float32`. */
  readonly storage?: VectorFormatName | undefined;
}

export interface SaveOptions extends TaskOptions {
  /**
   * Replace also what another store has saved to the folder since this one was made, loaded or saved. Default: false.
   */
  readonly overwrite?: boolean | undefined;
}

/** Which documents to delete, or what was saved of them: give one of the four. */
export interface DeleteOptions<Filter> {
  /** Ids that are not in the store are ignored. */
  readonly ids?: readonly DocumentId[] | undefined;
  readonly filter?: Filter | undefined;
  readonly deleteAll?: boolean | undefined;
  /** What `save` wrote to a folder; the store goes on as it is. */
  readonly directory?: string | undefined;
}

export function isQuantizer(value: object): value is Quantizer {
  return 'encode' in value && typeof value.encode === 'function';
}

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function checkStoreOptions(options: BinaryVectorStoreOptions): void {
  const { quantizer, bits, index, depth, similarity, hybrid, learnFromQuestions } = options;
  checkSimilarity(similarity);
  if (learnFromQuestions !== undefined && typeof learnFromQuestions !== 'boolean') {
    throw invalid('learnFromQuestions', learnFromQuestions, 'true or false');
  }
  const isCoded = quantizer !== undefined || bits !== undefined;
  const isExact = index === undefined || index === 'auto' || index === 'exact';
  if (similarityFunction(similarity) && (isCoded || !isExact)) {
    throw invalid(
      'similarity',
      similarity,
      'cosine beside codes and indexes, which find nothing else',
    );
  }
  if (similarityFunction(similarity) && hybrid) {
    throw invalid('similarity', similarity, 'cosine in a hybrid store, whose scores are fused');
  }
  if (quantizer !== undefined) checkQuantizerOption(quantizer);
  if (bits !== undefined && quantizer !== undefined) {
    throw invalid('bits', bits, 'no bits beside a quantizer, which has its own');
  }
  checkCount('bits', bits, 1);
  if (index === 'exact' && (quantizer !== undefined || bits !== undefined)) {
    throw invalid('index', index, 'one that searches codes beside a quantizer');
  }
  if (depth !== undefined && (depth === null || typeof depth !== 'object')) {
    throw invalid('depth', depth, 'an object');
  }
  if (depth?.prefixes !== undefined) throw invalid('depth.prefixes', depth.prefixes, 'none');
  // Now rather than with the first vectors.
  const { targetRecall, storage } = options;
  const tried = new AutoIndex({ dimensions: 1, index, targetRecall, storage });
  if (depth) tried.search([1], { ...depth, k: 1 });
}

/** Names of all options that a store is made, opened, loaded or filled with. */
const knownNames: readonly string[] = [
  ...lasting,
  'quantizer',
  'bits',
  'driver',
  'durability',
  'readOnly',
  'signal',
  'onProgress',
  'ids',
] satisfies readonly (keyof CreateOptions | keyof OpenOptions | keyof LoadOptions)[];

/**
 * Names that nobody knows are ignored, as helpers of LangChain pass their own; those that are nearly known are mistakes.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkNames(options: object): void {
  for (const name of Object.keys(options)) {
    if (knownNames.includes(name)) continue;
    const meant = knownNames.find((known) => isNearly(name, known));
    if (meant !== undefined) throw invalid('options', `"${name}"`, `"${meant}"`);
  }
}

/** In other letters, or with one letter more, less, other or exchanged, of those that are long enough to tell. */
function isNearly(name: string, known: string): boolean {
  const [a, b] = [name.toLowerCase(), known.toLowerCase()];
  if (a === b) return true;
  if (Math.min(a.length, b.length) < 3 || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  const isExchanged = restA.length > 1 && restA[0] === restB[1] && restA[1] === restB[0];
  return (
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    restA.slice(1) === restB.slice(1) ||
    (isExchanged && restA.slice(2) === restB.slice(2))
  );
}

/**
 * Not what embeds has to be there: who adds vectors and searches by them may give embeddings that do nothing.
 *
 * @throws BitryoshkaError `invalid-option` for nothing, and for options in the place of embeddings
 */
export function checkEmbeddings(embeddings: unknown): void {
  const isObject = typeof embeddings === 'object' && embeddings !== null;
  const areOptions =
    isObject &&
    !('embedQuery' in embeddings || 'embedDocuments' in embeddings) &&
    Object.keys(embeddings).some((name) => knownNames.includes(name));
  if (isObject && !areOptions) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `embeddings: got ${embeddings === null ? 'null' : typeof embeddings}, expected embeddings of LangChain.`,
    remedy: 'Pass embeddings first, then options: new BinaryVectorStore(embeddings, options).',
  });
}

/**
 * What a store in a file cannot do.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkOpenOptions({ similarity }: BinaryVectorStoreOptions): void {
  if (similarity === undefined || similarity === 'cosine') return;
  throw invalid(
    'similarity',
    similarity,
    'cosine for a store in a file, which keeps vectors of length 1',
  );
}

/**
 * @throws BitryoshkaError `invalid-option`
 */
export function checkQuantizerOption(quantizer: Quantizer | QuantizerRecipe): void {
  if (typeof quantizer !== 'object' || quantizer === null) {
    throw invalid('quantizer', quantizer, 'a fitted quantizer or { kind, bits }');
  }
  if (isQuantizer(quantizer)) return;
  const { kind, bits, corpus, seed, thresholds, groups, rotation, learned, residual } = quantizer;
  if (kind !== 'tuned' && !quantizerKinds.includes(kind)) {
    throw invalid('quantizer.kind', kind, `tuned or one of ${quantizerKinds.join(', ')}`);
  }
  if (bits === undefined) throw invalid('quantizer.bits', bits, 'a whole number from 1 up');
  checkCount('quantizer.bits', bits, 1);
  checkCount('quantizer.seed', seed, Number.MIN_SAFE_INTEGER);
  checkCorpus(corpus);
  const families = { thresholds, groups, rotation, learned, residual };
  if (kind !== 'tuned') resolveKind(kind, families);
  else if (Object.values(families).some((own) => own !== undefined)) {
    throw invalid('quantizer.kind', kind, 'a kind beside options of a family');
  }
}

/** A recipe as it is saved: where files say `learned`, they are of before and mean thresholds. */
export function savedRecipe(recipe: QuantizerRecipe | undefined): QuantizerRecipe | undefined {
  if (recipe?.kind !== 'learned') return recipe;
  return { ...recipe, kind: recipe.learned?.train ? 'head' : 'autoencoder' };
}

/** Kinds of before that have another name, or whose place another takes. */
const earlierKinds: ReadonlyMap<unknown, QuantizerKind> = new Map<string, QuantizerKind>([
  ['learned', 'learned-thresholds'],
  ['groups-quantile', 'groups'],
]);

/** Saved options with their recipe in today's words. */
export function readOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { quantizer } = options;
  if (!isPlainObject(quantizer)) return options;
  const { head, ...recipe } = {
    ...quantizer,
    kind: earlierKinds.get(quantizer.kind) ?? quantizer.kind,
  } as Record<string, unknown>;
  if (!isPlainObject(head)) return { ...options, quantizer: recipe };
  const { loyalty, ...rest } = head;
  const train = loyalty === undefined ? rest : { ...rest, encoderWeight: loyalty };
  return { ...options, quantizer: { ...recipe, learned: { train } } };
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
