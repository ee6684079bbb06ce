import type {
  AutoIndexOptions,
  GraphLinker,
  Quantizer,
  Refit,
  TaskOptions,
} from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError, quantizerKinds } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { NodePlatform } from '../platform.ts';
import { isNode, loadNodePlatform } from '../platform.ts';
import type { SavedOptions } from '../snapshot/store-snapshot.ts';
import type { LearnedDocuments } from './fit-recipe.ts';
import { checkFits, fewestVectors, fitRecipe } from './fit-recipe.ts';
import { similarityFunction } from './similarity.ts';
import type { StoreContents } from './store-contents.ts';
import type { FitOptions, LastingOptions, QuantizerRecipe, RefitOptions } from './store-options.ts';
import { checkQuantizerOption, isQuantizer, savedRecipe } from './store-options.ts';
import type { StoreTasks } from './store-tasks.ts';
import { TaskQueue } from './task-queue.ts';

/** An index that is to take the place of another. */
interface NextIndex {
  readonly embeddings: EmbeddingsInterface;
  /** Where its vectors go in a file. */
  readonly storage: AutoIndexOptions['storage'];
}

/** What the indexes of a store are made for. */
interface FittedStore {
  readonly contents: StoreContents;
  readonly tasks: StoreTasks;
  /** Whose embeddings learn from documents. */
  readonly model: { readonly embeddings: EmbeddingsInterface };
}

/** Of a head that is trained where there are no codes yet. */
const headBits = 256;

const linkInThread: GraphLinker = async (codes, options) =>
  ((await loadNodePlatform()) as NodePlatform).linkInThread(codes, options);

/** Makes the indexes of a store, and fits their codes to its documents. */
export class StoreFits {
  readonly #store: FittedStore;
  readonly #options: LastingOptions;
  /** Fits go on beside changes, one after the other. */
  readonly #fits: TaskQueue = new TaskQueue();
  /** How to fit, unless by default. */
  #recipe: QuantizerRecipe | undefined;

  /** @param quantizer that is used from the first vector on, or how it is fitted */
  constructor(
    store: FittedStore,
    options: LastingOptions,
    quantizer: Quantizer | QuantizerRecipe | undefined,
  ) {
    this.#store = store;
    this.#options = options;
    if (quantizer && isQuantizer(quantizer)) this.begin(quantizer);
    else this.#recipe = quantizer;
  }

  /** Whether documents get codes, sooner or later. */
  get makesCodes(): boolean {
    const { index, similarity } = this.#options;
    return index !== 'exact' && !similarityFunction(similarity);
  }

  /** Codes for a store that has no vectors yet. */
  begin(quantizer: Quantizer): void {
    this.#recipe = recipeOf(quantizer);
    this.#store.contents.replace({ index: this.createCoded(quantizer) });
  }

  /** Options that make the same of what is saved: by the recipe that fits go by now. */
  get savedOptions(): SavedOptions {
    const { similarity, index } = this.#options;
    return {
      ...this.#options,
      // What is exact has none, whatever it was refitted with.
      quantizer: index === 'exact' ? undefined : savedRecipe(this.#recipe),
      similarity: typeof similarity === 'function' ? 'function' : similarity,
    };
  }

  /** Writes them to the file of the store, where it has one. */
  saveOptions(): void {
    const { durable } = this.#store.contents;
    if (!durable) return;
    const storage = durable.format(this.#options.storage);
    durable.saveOptions({ ...this.savedOptions, storage });
  }

  /** An index that has codes from its first vector on. */
  createCoded(quantizer: Quantizer): AutoIndex {
    return new AutoIndex({ ...this.optionsOf(quantizer.inputDimensions), quantizer });
  }

  /** @throws BitryoshkaError `empty-input` for no dimensions, `invalid-option` for too few */
  createIndex(dimensions: number, next?: NextIndex): AutoIndex {
    if (dimensions === 0) {
      throw new BitryoshkaError({
        code: 'empty-input',
        message: 'vectors: got 0 dimensions, expected at least one.',
        remedy: 'Check what the embedding model returned.',
      });
    }
    // Now rather than when the vectors are many and a fit is due.
    if (this.#recipe) checkFits(this.#recipe, dimensions);
    const index = new AutoIndex(this.optionsOf(dimensions, next));
    if (this.#store.tasks.isClosed) index.close();
    return index;
  }

  /** What an index of the store is made with. */
  optionsOf(dimensions: number, next?: NextIndex): AutoIndexOptions {
    const { index, similarity, targetRecall, onIndexProgress } = this.#options;
    const { contents, tasks } = this.#store;
    const storage =
      next?.storage ??
      contents.durable?.index.createStorage(this.#options.storage) ??
      this.#options.storage;
    const recipe = this.#recipe;
    return {
      dimensions,
      index: similarityFunction(similarity) ? 'exact' : index,
      targetRecall,
      storage,
      onProgress: onIndexProgress,
      onAdapted: () => tasks.tidyLater(),
      fit: recipe && {
        fewestRows: fewestVectors(recipe),
        fit: (filled, task) => fitRecipe(recipe, this.#learned(filled, next?.embeddings), task),
      },
      linker: isNode ? linkInThread : undefined,
    };
  }

  /** As `fit` of the store. */
  async fit(options: FitOptions): Promise<Refit> {
    return this.#fit(options, false);
  }

  /** As `refit` of the store. */
  async refit({ head = false, corpus, keepsBest, ...options }: RefitOptions): Promise<Refit> {
    const isGated = keepsBest ?? options.quantizer === undefined;
    const { index } = this.#store.contents;
    if (index === undefined || (head === false && corpus === undefined)) {
      return this.#fit(options, isGated);
    }
    const { dimensions } = index;
    const bits = index.quantizer?.bits ?? this.#recipe?.bits ?? Math.min(headBits, dimensions);
    const recipe = recipeOf(options.quantizer) ?? this.#recipe ?? { kind: 'itq', bits };
    const wanted: QuantizerRecipe =
      head === false
        ? recipe
        : {
            kind: 'head',
            bits: Math.min(bits, dimensions),
            learned: { train: head },
          };
    const quantizer = { ...wanted, corpus: corpus ?? recipe.corpus };
    return this.#fit({ ...options, quantizer }, isGated);
  }

  async #fit(options: FitOptions, keepsBest: boolean): Promise<Refit> {
    if (options.quantizer !== undefined) checkQuantizerOption(options.quantizer);
    if (similarityFunction(this.#options.similarity)) throw withoutCodes();
    const { signal, onProgress } = options;
    const { contents, tasks } = this.#store;
    return this.#fits.run(async () => {
      // After what was added before.
      await tasks.changesMade(signal);
      const task = { signal, onProgress };
      for (;;) {
        const { quantizer: wanted = this.#recipe } = options;
        const { index } = contents;
        if (!index) throw emptyStore();
        let refit: Refit;
        try {
          refit = await this.#refitIndex(index, wanted, { ...task, keepsBest });
        } catch (cause) {
          // The vectors of before may have left the file.
          if (index === contents.index || !BitryoshkaError.isInstance(cause)) throw cause;
          continue;
        }
        const isWritten = await tasks.change(async () => {
          // Other vectors may have taken the place of those that were fitted to.
          if (index !== contents.index) return false;
          if (refit.isReplaced) this.#recipe = recipeOf(options.quantizer) ?? this.#recipe;
          // Searches use it already: no abort can undo it.
          await contents.durable?.index.persist(index);
          this.saveOptions();
          return true;
        });
        if (isWritten) return refit;
      }
    }, signal);
  }

  async #refitIndex(
    index: AutoIndex,
    wanted: Quantizer | QuantizerRecipe | undefined,
    { keepsBest, ...task }: TaskOptions & { readonly keepsBest: boolean },
  ): Promise<Refit> {
    const options = { ...task, keepsBest };
    if (wanted === undefined || isQuantizer(wanted)) return index.refit(wanted, options);
    const learned = this.#learned(index);
    const refit = await index.refit(await fitRecipe(wanted, learned, task), options);
    if (refit.isReplaced || !learned.questions) return refit;
    // What the questions tell may have been the wrong part of it.
    const withoutQuestions = { ...learned, questions: undefined };
    return index.refit(await fitRecipe(wanted, withoutQuestions, task), options);
  }

  #learned(
    index: AutoIndex,
    embeddings: EmbeddingsInterface = this.#store.model.embeddings,
  ): LearnedDocuments {
    const { contents } = this.#store;
    return {
      rows: contents.documents.occupied(),
      vector: (row) => (index.has(row) ? index.vector(row) : undefined),
      document: (row) => contents.documents.at(row)?.document,
      questions: this.#options.learnFromQuestions === false ? undefined : index.questionsToLearn(),
      dimensions: index.dimensions,
      embeddings,
    };
  }
}

/** What can be fitted again; undefined for a quantizer of the caller's own kind. */
function recipeOf(quantizer: Quantizer | QuantizerRecipe | undefined): QuantizerRecipe | undefined {
  if (!quantizer || !isQuantizer(quantizer)) return quantizer;
  const kind = quantizerKinds.find((known) => known === quantizer.kind);
  return kind && { kind, bits: quantizer.bits };
}

function withoutCodes(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message:
      'fit: got a store whose similarity is not cosine, expected one that codes can find by.',
    remedy: 'Leave similarity out; for vectors of unit length the order is the same.',
  });
}

function emptyStore(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-enough-vectors',
    message: 'fit: got an empty store, expected one with vectors.',
    remedy: 'Add documents first.',
  });
}
