import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { ByteSource } from '../format/checked-blocks.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint, nextTurn } from '../progress/task-options.ts';
import { mostBits } from '../quantizers/families.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { row as rowOf, rowRange, zeros } from '../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';
import { AskedQuestions } from './asked-questions.ts';
import type { BinaryIndexOptions, IndexContents, IndexSnapshot } from './binary-index.ts';
import { BinaryIndex } from './binary-index.ts';
import { chooseDepth, deepened, depthsOf, meanOf, wantedNeighbours } from './choose-depth.ts';
import type { FinderKind } from './finders/finder.ts';
import type { GraphOptions } from './finders/graph/graph.ts';
import { graph } from './finders/graph/graph.ts';
import type { ListsOptions } from './finders/lists/lists.ts';
import { lists } from './finders/lists/lists.ts';
import type { LoadIndexOptions } from './index-file.ts';
import { loadIndex } from './index-file.ts';
import type { AsyncSearchOptions, IndexReader } from './index-reader.ts';
import type { ScoredRow } from './ranking/top-k.ts';
import { TopK } from './ranking/top-k.ts';
import type { IndexParts } from './restore-index.ts';
import { restoreIndex } from './restore-index.ts';
import type { RowId } from './rows/row-id.ts';
import type { SearchDepth, SearchOptions } from './search-depth.ts';
import { checkDepth } from './search-depth.ts';
import { ExternalVectors, externalBlockRows } from './vectors/external-vectors.ts';
import { isVectorSource } from './vectors/vector-storage.ts';

/** How candidates are found: as suits the size of the collection, or always in one way. */
export type IndexKind = 'auto' | 'exact' | 'scan' | FinderKind;

const indexKinds: readonly IndexKind[] = ['auto', 'exact', 'scan', 'graph', 'lists'];

export interface AutoIndexOptions
  extends Pick<BinaryIndexOptions, 'quantizer' | 'storage' | 'vectors' | 'codes'>,
    GraphOptions,
    Pick<ListsOptions, 'nlist'> {
  readonly dimensions: number;
  /** Default: `auto`. */
  readonly index?: IndexKind | undefined;
  /**
   * What makes codes when there are to be some. Default: signs of a random rotation, up to 512 bits, which need no
   * training and suit graphs.
   */
  readonly fit?: QuantizerFit | undefined;
  /** The share of neighbours that searches are to find, as far as questions made of the rows tell. Default: .98. */
  readonly targetRecall?: number | undefined;
  /** Is told of what goes on in the background. */
  readonly onProgress?: TaskOptions['onProgress'];
  /**
   * Is told when a step in the background has ended: codes, a finder or the depth may be others now. It must not throw.
   */
  readonly onAdapted?: (() => void) | undefined;
}

export interface QuantizerFit {
  /** With fewer rows, it is not called. */
  readonly fewestRows: number;
  fit(index: AutoIndex, options: TaskOptions): Promise<Quantizer>;
}

/** Options of an index that was saved. */
export interface LoadAutoIndexOptions
  extends Omit<AutoIndexOptions, 'dimensions' | 'quantizer'>,
    Pick<LoadIndexOptions, 'crc32' | 'signal'> {
  /** Is told how far loading is. */
  readonly onLoad?: TaskOptions['onProgress'];
}

interface ChosenDepth {
  readonly depth: SearchDepth;
  /** The share of the neighbours that is found, by mean. */
  readonly recall: number;
  /** Questions that had been asked. */
  readonly asked: number;
}

/** What is kept in a file besides the rows and how they are found. */
interface AutoSettings {
  readonly depth: SearchDepth;
  /** Rows that there were when the depth was chosen; 0 when it never was. */
  readonly tunedAt: number;
  /** Whether the quantizer is one that was asked for. */
  readonly isGiven: boolean;
  /** The rows that the quantizer was fitted with are below; unknown in indexes of before that was kept. */
  readonly fittedBelow?: number | undefined;
  /** The share of the neighbours that was found when the codes were made. */
  readonly fittedRecall?: number | undefined;
}

/** What an index tells of itself, for who looks after it. */
export interface IndexState {
  /** How far searches look by default; undefined where all vectors are compared. */
  readonly depth: SearchDepth | undefined;
  readonly targetRecall: number;
  /** What would suit the rows but found too little, or failed; undefined where nothing was refused. */
  readonly refused: 'exact' | 'scan' | FinderKind | undefined;
  /** Different questions that were asked. */
  readonly asked: number;
  /** The quantizer was fitted when rows below were there; undefined without one, and where that is not known. */
  readonly fittedBelow: RowId | undefined;
  /** The share of the ten nearest rows that questions found when the codes were made; unknown for codes of before. */
  readonly fittedRecall: number | undefined;
  /** Of the graph or the lists. */
  readonly finderBytes: number;
}

export interface RefitOptions extends TaskOptions {
  /** Keep the codes that there are where others find less. Default: false. */
  readonly keepsBest?: boolean | undefined;
}

/** What became of the codes of an index. */
export interface Refit {
  /** What makes the codes from now on. */
  readonly quantizer: Quantizer;
  /** Whether it is the new one: false where that finds less and the best was to be kept. */
  readonly isReplaced: boolean;
  /**
   * The share of the ten nearest rows that a scan finds when it re-ranks forty, by mean over questions that the fit
   * has not seen; undefined where there were no codes before, or the best was not asked for.
   */
  readonly recall: { readonly before: number; readonly after: number } | undefined;
}

/** Questions, and the rows that are nearest to them. */
interface Questions {
  readonly questions: Matrix;
  readonly nearest: readonly RowId[][];
}

interface Exam extends Questions {
  /** Rows as questions, where questions are made up: of others that are nearly the same, they are to find as many. */
  readonly passages: Questions | undefined;
  /** The first row that was not there when these were found. */
  readonly nextRow: RowId;
  /** Questions that had been asked. */
  readonly asked: number;
}

const defaultRecall = 0.98;
const defaultBits = 512;
/** Rows that random rotations learn their middle from. */
const fewestEncoded = 64;
/** Values that an exact search reads, at most: more take longer than codes do. */
const mostExactValues = 300_000;
/** Rows from which on a walk is quicker than a scan of all codes. */
const fewestLinked = 4000;
/** A change of kind is undone when the collection has shrunk below this share of what it takes. */
const shrunk = 0.5;
/** By how much a collection grows or shrinks before its depth is chosen again. */
const outgrown = 1.5;
const fewestQuestions = 100;
/** The more questions a depth is chosen by, the nearer it is to what others need. */
const mostQuestions = 400;
/** Values of vectors that are compared with questions, at most, unless there are few questions. */
const mostComparedValues = 3e10;
/** Once so many times as many were asked, it is chosen again, also where no more of them are taken. */
const moreAsked = 2;
const manyMoreAsked = 10;
/** Rows that are asked as they are, where questions are made up. */
const passageCount = 50;
/** Two quantizers are compared by what is among so few. */
const comparedDepth: SearchDepth = { candidates: 200, rerank: 40 };
/** How far a question that is made up lies off the passage that answers it. */
const offset = 0.6;
const rowsPerTurn = 512;
/** Rows that all questions are compared with before others are read. */
const rowsPerTruth = externalBlockRows;

/**
 * An index that follows its collection as it grows and shrinks: exact while that is as quick, then codes that are
 * scanned, then a graph. Each change is made in the background, beside what searches use; it is not made where
 * questions find less than they should. How far searches look is chosen by the same questions: those that were asked,
 * and as long as these are few, some that are made of the rows.
 */
export class AutoIndex extends BinaryIndex {
  #options: AutoIndexOptions;
  #depth: SearchDepth = {};
  #tunedAt = 0;
  #fittedBelow: RowId | undefined;
  #fittedRecall: number | undefined;
  readonly #asked: AskedQuestions;
  /** Questions that had been asked when the depth was chosen. */
  #askedAt = 0;
  /** Whether codes are made by a quantizer that was asked for: they stay then, whatever they find. */
  #isGiven: boolean;
  /** What failed last in the background. */
  #failure: { readonly cause: unknown } | undefined;
  /** Rows that there were when a change was refused: it is not tried again before there are many more. */
  #refusedAt = 0;
  #adapting: Promise<void> | undefined;
  /** Rows that were updated since questions were answered by all vectors, while it is measured who finds the same. */
  #updated: Set<RowId> | undefined;
  /** How many have asked that nothing be begun. */
  #holds = 0;
  #closing: AbortController = new AbortController();

  /** @throws BitryoshkaError `invalid-option` */
  constructor(options: AutoIndexOptions) {
    const {
      index = 'auto',
      targetRecall = defaultRecall,
      quantizer,
      storage = 'float32',
    } = options;
    super(options);
    if (!indexKinds.includes(index)) {
      throw invalid('index', index, `one of ${indexKinds.join(', ')}`);
    }
    if (typeof targetRecall !== 'number' || !(targetRecall > 0 && targetRecall <= 1)) {
      throw invalid('targetRecall', targetRecall, 'a number above 0, up to 1');
    }
    if (isVectorSource(storage)) throw invalid('storage', 'a source', 'vectors that are stored');
    if (quantizer && index === 'exact')
      throw invalid('quantizer', quantizer.kind, 'none with exact');
    // Now, rather than when there are rows enough.
    graph(options);
    lists(options);
    this.#options = options;
    this.#isGiven = quantizer !== undefined;
    this.#asked = new AskedQuestions(mostQuestions, this.dimensions, seededRandom(1));
  }

  override get contents(): IndexContents {
    const settings: AutoSettings = {
      depth: this.#depth,
      tunedAt: this.#tunedAt,
      isGiven: this.#isGiven,
      fittedBelow: this.#fittedBelow,
      fittedRecall: this.#fittedRecall,
    };
    return { ...super.contents, settings };
  }

  /**
   * An index as it was saved. What it holds is as the file has it, how it goes on as the options say, from the next
   * change on or when `follow` is called.
   *
   * @throws BitryoshkaError as `loadIndex`
   */
  static load(
    file: Uint8Array | ByteSource,
    { crc32, signal, onLoad, ...options }: LoadAutoIndexOptions = {},
  ): Promise<AutoIndex> {
    const { storage } = options;
    return loadIndex(file, {
      crc32,
      signal,
      storage,
      onProgress: onLoad,
      create: (saved, settings) => {
        // Also an exact one may have codes: they go with the next step.
        const index = new AutoIndex({ ...options, ...saved, index: 'auto' });
        index.#options = { ...options, dimensions: saved.dimensions };
        index.#restore(settings);
        return index;
      },
    });
  }

  /**
   * An index as it was, of parts that were kept elsewhere than in a file of its own.
   *
   * @param options as for a new one, and the quantizer that its codes are of
   * @param settings as `contents` had them
   * @throws BitryoshkaError as `restoreIndex`
   */
  static async restore(
    options: AutoIndexOptions,
    { settings, ...parts }: IndexParts & { readonly settings: unknown },
    task: Pick<TaskOptions, 'signal'> = {},
  ): Promise<AutoIndex> {
    const index = new AutoIndex({ ...options, index: 'auto' });
    index.#options = options;
    index.#restore(settings);
    await restoreIndex(index, parts, task);
    return index;
  }

  /** How far searches look unless they say it themselves. */
  get depth(): SearchDepth {
    return this.#depth;
  }

  get state(): IndexState {
    const arrays = Object.values(this.contents.finder?.save().arrays ?? {});
    return {
      depth: this.#searched,
      targetRecall: this.#options.targetRecall ?? defaultRecall,
      refused: this.#isRefused && this.#suited() !== this.finder ? this.#suited() : undefined,
      asked: this.#asked.count,
      fittedBelow: this.quantizer && this.#fittedBelow,
      fittedRecall: this.quantizer && this.#fittedRecall,
      finderBytes: arrays.reduce((sum, { byteLength }) => sum + byteLength, 0),
    };
  }

  /**
   * The share of the ten nearest rows that searches find, by mean over questions that are made up of the rows, in turns.
   *
   * @param depth how far these searches look. Default: as far as all
   * @returns undefined for too few rows to make questions of
   */
  async measureRecall(
    depth: SearchDepth | undefined,
    task: TaskOptions = {},
  ): Promise<number | undefined> {
    const questions = await this.#madeUp(task);
    const { nextRow } = this.contents.rows;
    const nearest = await this.#truth(questions, task);
    let [sum, count] = [0, 0];
    for (const [i, rows] of nearest.entries()) {
      await checkpoint(task, { stage: 'measure', done: i, total: nearest.length });
      const options = deepened(this.#searched, { k: wantedNeighbours, ...depth });
      const found = super.search(rowOf(questions, i), options);
      const share = this.#shareOf(rows, found, nextRow);
      if (share === undefined) continue;
      sum += share;
      count++;
    }
    return count === 0 ? undefined : sum / count;
  }

  override add(vectors: Vectors): RowId {
    const first = super.add(vectors);
    this.follow();
    return first;
  }

  override async addAsync(vectors: Vectors, options: TaskOptions = {}): Promise<RowId> {
    const release = this.hold();
    try {
      return await super.addAsync(vectors, options);
    } finally {
      release();
    }
  }

  override update(row: RowId, vector: ArrayLike<number>): void {
    super.update(row, vector);
    this.#updated?.add(row);
  }

  override delete(rows: Iterable<RowId>): number {
    const deleted = super.delete(rows);
    this.follow();
    return deleted;
  }

  override search(query: ArrayLike<number>, options: SearchOptions): ScoredRow[] {
    const asked = deepened(this.#searched, options);
    const found = super.search(query, asked);
    if (asked !== options) this.#note(query);
    return found;
  }

  override searchBatch(queries: Vectors, options: SearchOptions): ScoredRow[][] {
    return super.searchBatch(queries, deepened(this.#searched, options));
  }

  override async searchAsync(
    query: ArrayLike<number>,
    options: AsyncSearchOptions,
  ): Promise<ScoredRow[]> {
    const asked = deepened(this.#searched, options);
    const found = await super.searchAsync(query, asked);
    if (asked !== options) this.#note(query);
    return found;
  }

  override snapshot(): IndexSnapshot {
    const reader = super.snapshot();
    const depth = this.#searched;
    return {
      rows: reader.rows,
      search: (query, options) => reader.search(query, deepened(depth, options)),
      searchBatch: (queries, options) => reader.searchBatch(queries, deepened(depth, options)),
      searchAsync: (query, options) => reader.searchAsync(query, deepened(depth, options)),
    };
  }

  /**
   * Waits until the index is as suits its rows.
   *
   * @throws what failed in the background, once: the index goes on as it was then
   */
  async settled(): Promise<void> {
    while (this.#adapting) await this.#adapting;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.cause;
  }

  /** Whether something goes on in the background. */
  get isAdapting(): boolean {
    return this.#adapting !== undefined;
  }

  /** Stops what goes on in the background, for good. */
  close(): void {
    this.#closing.abort(new Error('the index was closed'));
  }

  /**
   * Questions that were asked, for a quantizer to learn from: half of those that are kept, so that others are left to
   * examine it.
   *
   * @returns undefined while there are fewer than a hundred of them
   */
  questionsToLearn(): Matrix | undefined {
    return this.#asked.half(0, fewestQuestions);
  }

  /**
   * Encodes all rows anew with what `fit` of the options gives now, or with a quantizer, and chooses the depth, in
   * turns: searches and changes go on meanwhile. A finder of the old codes is made anew in the background.
   *
   * @throws what fitting throws; the index stays as it is then
   */
  async refit(
    quantizer: Quantizer | undefined,
    { keepsBest = false, ...task }: RefitOptions = {},
  ): Promise<Refit> {
    const release = this.hold();
    while (this.#adapting) await this.#adapting;
    try {
      const fittedBelow = this.contents.rows.nextRow;
      const fitted = quantizer ?? (await this.#fit(task));
      let recall: Refit['recall'];
      let choice: ChosenDepth | undefined;
      const isReplaced = await this.encode(fitted, {
        ...task,
        accept: (reader) => {
          // Of the same rows, as some may go while they are compared.
          const present = keepsBest && this.quantizer ? this.scanReader() : undefined;
          return this.#examine({ ...task, isAfterFit: true }, async (exam) => {
            const compared = present && (await this.#compare([present, reader], exam, task));
            recall = compared?.recall;
            if (compared && !compared.isBetter) return false;
            choice = await this.#choose(reader, { kind: 'scan', quantizer: fitted, exam }, task);
            return true;
          });
        },
      });
      // Not before: it may fail, or be saved, while the old codes are there.
      if (choice && isReplaced) {
        this.#set(choice);
        this.#isGiven = true;
        this.#fittedBelow = fittedBelow;
        this.#fittedRecall = choice.recall;
      }
      return { quantizer: isReplaced ? fitted : (this.quantizer as Quantizer), isReplaced, recall };
    } finally {
      release();
    }
  }

  #restore(settings: unknown): void {
    const { depth, tunedAt, isGiven, fittedBelow, fittedRecall } = Object(
      settings,
    ) as Partial<AutoSettings>;
    // The file may be another program's.
    if (depth === undefined || typeof tunedAt !== 'number' || typeof isGiven !== 'boolean') return;
    checkDepth(depth);
    this.#depth = depth;
    this.#tunedAt = tunedAt;
    this.#isGiven = isGiven;
    if (Number.isSafeInteger(fittedBelow)) this.#fittedBelow = fittedBelow;
    if (typeof fittedRecall === 'number') this.#fittedRecall = fittedRecall;
  }

  /**
   * Nothing is begun in the background until it is released: while what fits quantizers knows less than the index.
   *
   * @returns what releases it
   */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.follow();
    };
  }

  /** Begins what is due in the background, unless it is under way. Changes call it; it is for what was loaded. */
  follow(): void {
    if (this.#adapting || this.#holds > 0 || this.#closing.signal.aborted) return;
    if (!this.#isDue()) return;
    const { onProgress } = this.#options;
    const { removals } = this.contents.rows;
    // In a turn of its own, as whoever adds one row is likely to add more.
    this.#adapting = nextTurn()
      .then(() => this.#adapt({ onProgress, signal: this.#closing.signal }))
      .catch((cause: unknown) => {
        // What was to be learned from went meanwhile: there may be other rows now.
        const isGone = this.contents.rows.removals !== removals && isTooFew(cause);
        if (isGone) return;
        this.#refusedAt = this.rows;
        if (!this.#closing.signal.aborted) this.#failure = { cause };
      })
      .finally(() => {
        this.#adapting = undefined;
        this.follow();
        this.#options.onAdapted?.();
      });
  }

  #isDue(): boolean {
    if (this.#wanted() !== this.finder) return true;
    if (this.finder === 'exact') return false;
    return (this.#isOutgrown() && !this.#isRefused) || this.#hasAskedMore;
  }

  /** What suits the rows that there are, unless it was refused when there were about as many. */
  #wanted(): 'exact' | 'scan' | FinderKind {
    return this.#isRefused ? this.finder : this.#suited();
  }

  get #isRefused(): boolean {
    const { rows } = this;
    return rows < this.#refusedAt * outgrown && rows > this.#refusedAt / outgrown;
  }

  /** Whether so many questions were asked that the depth is better chosen by them than as it was. */
  get #hasAskedMore(): boolean {
    const times = this.#askedAt < mostQuestions ? moreAsked : manyMoreAsked;
    return this.#asked.count >= Math.max(fewestQuestions, times * this.#askedAt);
  }

  #isOutgrown(): boolean {
    const { rows } = this;
    return rows > outgrown * this.#tunedAt || rows < this.#tunedAt / (2 * outgrown);
  }

  /** What suits the rows that there are. */
  #suited(): 'exact' | 'scan' | FinderKind {
    const { index = 'auto', fit } = this.#options;
    const { rows, dimensions, finder } = this;
    if (index === 'exact') return 'exact';
    const isEnough = rows >= (fit?.fewestRows ?? fewestEncoded);
    if (index !== 'auto') {
      // Lists learn from rows.
      const isReady = isEnough && (index !== 'lists' || rows >= fewestLinked);
      if (isReady || finder === index) return index;
      return this.#isGiven || isEnough ? 'scan' : 'exact';
    }
    const exact = (mostExactValues / dimensions) * (finder === 'exact' ? 1 : shrunk);
    if (!this.#isGiven && (!isEnough || rows <= exact)) return 'exact';
    const linked = finder === 'graph' ? shrunk * fewestLinked : fewestLinked;
    // Codes in two parts are scanned: a graph of their first bits would have to be walked too far.
    const isLinkable = this.quantizer?.firstBits === undefined;
    return isLinkable && rows >= linked ? 'graph' : 'scan';
  }

  /** One step towards what suits: codes, then a finder, or back; and how far to look. */
  async #adapt(task: TaskOptions): Promise<void> {
    const wanted = this.#wanted();
    if (wanted === 'exact') {
      this.decode();
      return;
    }
    const choose = (
      reader: Pick<IndexReader, 'search'>,
      kind: 'scan' | FinderKind,
      quantizer: Quantizer,
    ) => this.#examine(task, (exam) => this.#choose(reader, { kind, quantizer, exam }, task));
    const acceptWith =
      (kind: 'scan' | FinderKind, quantizer: Quantizer) => async (reader: IndexReader) => {
        const choice = await choose(reader, kind, quantizer);
        const isAccepted = this.#isAccepted(choice);
        if (!isAccepted) return false;
        this.#set(choice);
        if (kind === 'scan') this.#fittedRecall = choice.recall;
        return true;
      };
    if (this.finder === 'exact') {
      const fittedBelow = this.contents.rows.nextRow;
      const quantizer = await this.#fit(task);
      const accept = acceptWith('scan', quantizer);
      if (await this.encode(quantizer, { ...task, accept })) this.#fittedBelow = fittedBelow;
      else this.#refusedAt = this.rows;
      return;
    }
    const codes = this.quantizer as Quantizer;
    if (wanted === 'scan' && this.finder !== 'scan') this.detach();
    if (wanted === this.finder) {
      this.#set(await choose(super.snapshot(), wanted, codes));
      return;
    }
    const plan = wanted === 'graph' ? graph(this.#options) : lists(this.#options);
    const accept = acceptWith(wanted, codes);
    if (!(await this.attach(plan, { ...task, accept }))) this.#refusedAt = this.rows;
  }

  async #fit(task: TaskOptions): Promise<Quantizer> {
    const { fit } = this.#options;
    if (fit) return fit.fit(this, task);
    const { dimensions } = this;
    const bits = Math.min(defaultBits, mostBits({ kind: 'random' }, dimensions));
    const sample = await this.sample(1000, task);
    return fitQuantizer(sample, { kind: 'random', bits, decoder: false, ...task });
  }

  /** Some of the vectors, in turns. */
  async sample(most: number, task: TaskOptions = {}): Promise<Matrix> {
    const segments = this.contents.rows.snapshot();
    const chosen = sampleIndices(this.rows, most, seededRandom(0));
    const order = Uint32Array.from(chosen, (_, i) => i).sort((a, b) => chosen[a] - chosen[b]);
    const sample = zeros(chosen.length, this.dimensions);
    let [segment, passed] = [0, 0];
    let slots = segments[0]?.rows.aliveSlots();
    for (const [done, i] of order.entries()) {
      if (done % rowsPerTurn === 0) {
        await checkpoint(task, { stage: 'sample', done, total: chosen.length });
      }
      while (chosen[i] >= passed + slots.length) {
        passed += slots.length;
        slots = segments[++segment].rows.aliveSlots();
      }
      const vector = segments[segment].content.vectors?.at(slots[chosen[i] - passed]);
      if (vector) rowOf(sample, i).set(vector);
    }
    return sample;
  }

  /** Asks questions whose answers are known. */
  async #examine<T>(
    { isAfterFit = false, ...task }: TaskOptions & { readonly isAfterFit?: boolean },
    use: (exam: Exam) => Promise<T>,
  ): Promise<T> {
    const asked = this.#asked.count;
    // Now, so that a choice that fails is not tried again and again.
    if (this.#hasAskedMore) this.#askedAt = asked;
    // Where half of them may have been learned from, the other half asks.
    const unseen = isAfterFit ? this.#asked.half(1, fewestQuestions) : undefined;
    const isAsked = asked >= fewestQuestions;
    const questions =
      unseen ?? (isAsked ? this.#asked.sample(mostQuestions) : await this.#madeUp(task));
    const { nextRow } = this.contents.rows;
    this.#updated = new Set();
    try {
      const nearest = await this.#truth(questions, task);
      const made = unseen || isAsked ? undefined : await this.sample(passageCount, task);
      const passages = made && { questions: made, nearest: await this.#truth(made, task) };
      return await use({ questions, nearest, passages, nextRow, asked });
    } finally {
      this.#updated = undefined;
    }
  }

  /** How far to look so that questions find what they should. */
  async #choose(
    reader: Pick<IndexReader, 'search'>,
    {
      kind,
      quantizer,
      exam: { questions, nearest, passages, nextRow, asked },
    }: {
      readonly kind: 'scan' | FinderKind;
      readonly quantizer: Quantizer;
      readonly exam: Exam;
    },
    task: TaskOptions,
  ): Promise<ChosenDepth> {
    const isExternal = this.contents.rows.segments[0]?.content.vectors instanceof ExternalVectors;
    const all = depthsOf(kind, {
      rows: this.rows,
      bits: quantizer.bits,
      isTwoPart: quantizer.firstBits !== undefined,
      isExternal,
    });
    const chooseFor = (asking: Questions, depths: readonly SearchDepth[]) =>
      chooseDepth(
        {
          ...asking,
          depths,
          answer: (question, tried) => reader.search(question, { k: wantedNeighbours, ...tried }),
          share: (wanted, found) => this.#shareOf(wanted, found, nextRow),
          targetRecall: this.#options.targetRecall ?? defaultRecall,
        },
        task,
      );
    const chosen = await chooseFor({ questions, nearest }, all);
    if (!passages) return { ...chosen, asked };
    const deeper = await chooseFor(passages, all.slice(all.indexOf(chosen.depth)));
    return { depth: deeper.depth, recall: Math.min(chosen.recall, deeper.recall), asked };
  }

  /** Whether the second of two codes finds at least what the first does, but for chance; undefined where nothing tells. */
  async #compare(
    readers: readonly [present: IndexReader, other: IndexReader],
    { questions, nearest, nextRow }: Exam,
    task: TaskOptions,
  ): Promise<{ readonly recall: Refit['recall']; readonly isBetter: boolean } | undefined> {
    const [before, gains]: [number[], number[]] = [[], []];
    for (const [i, wanted] of nearest.entries()) {
      await checkpoint(task, { stage: 'compare', done: i, total: nearest.length });
      const [was, is] = readers.map((each) => {
        const found = each.search(rowOf(questions, i), { k: wantedNeighbours, ...comparedDepth });
        return this.#shareOf(wanted, found, nextRow);
      });
      if (was === undefined || is === undefined) continue;
      before.push(was);
      gains.push(is - was);
    }
    if (gains.length === 0) return undefined;
    const { mean, error } = meanOf(gains);
    const share = meanOf(before).mean;
    return { recall: { before: share, after: share + mean }, isBetter: mean >= -error };
  }

  /**
   * The share of the nearest rows that is found, of those that are as they were when it was seen which they are.
   *
   * @param nextRow the first that was not there then
   * @returns undefined where there are none
   */
  #shareOf(
    nearest: readonly RowId[],
    found: readonly ScoredRow[],
    nextRow: RowId,
  ): number | undefined {
    const isOld = (row: RowId) => row < nextRow && !this.#updated?.has(row);
    const isStanding = (row: RowId) => isOld(row) && this.has(row);
    // Rows that came or changed meanwhile take the places of the last ones, and so do those that went.
    const others = found.filter(({ row }) => !isStanding(row)).length;
    const standing = nearest.filter(isStanding);
    const wanted = new Set(standing.slice(0, wantedNeighbours - others));
    if (wanted.size === 0) return undefined;
    return found.filter(({ row }) => wanted.has(row)).length / wanted.size;
  }

  /** Whether a choice finds enough, or was asked for, whatever it finds. */
  #isAccepted({ recall }: ChosenDepth): boolean {
    const { index = 'auto', targetRecall = defaultRecall } = this.#options;
    return index !== 'auto' || this.#isGiven || recall >= targetRecall;
  }

  #set({ depth, asked }: ChosenDepth): void {
    this.#depth = depth;
    this.#askedAt = asked;
    this.#tunedAt = this.rows;
  }

  /** Notes what was asked, as deep as the index chose; once that is enough, the depth is chosen by it. */
  #note(question: ArrayLike<number>): void {
    this.#asked.note(question);
    if (this.#hasAskedMore) this.follow();
  }

  /** Passages, pushed off where two others differ: about as far from their answers as what people ask. */
  async #madeUp(task: TaskOptions): Promise<Matrix> {
    const sample = await this.sample(3 * fewestQuestions, task);
    const questions = zeros(Math.floor(sample.rows / 3), this.dimensions);
    for (let i = 0; i < questions.rows; i++) {
      const [passage, one, other] = [3 * i, 3 * i + 1, 3 * i + 2].map((row) => rowOf(sample, row));
      const question = rowOf(questions, i);
      for (let j = 0; j < question.length; j++) {
        question[j] = passage[j] + offset * (one[j] - other[j]);
      }
    }
    return questions;
  }

  /**
   * The rows nearest to each question, nearest first, by all vectors, block after block: for as many of the questions
   * as can be compared with so many vectors.
   */
  async #truth(questions: Matrix, task: TaskOptions): Promise<RowId[][]> {
    const affordable = Math.floor(mostComparedValues / (this.rows * this.dimensions));
    const count = Math.min(questions.rows, Math.max(fewestQuestions, affordable));
    const asked = rowRange(questions, 0, count);
    const tops = Array.from({ length: count }, () => new TopK(wantedNeighbours));
    const segments = this.contents.rows.snapshot();
    const total = this.rows;
    let done = 0;
    for (const { content, rows } of segments) {
      const slots = rows.aliveSlots();
      const { vectors } = content;
      for (let start = 0; start < slots.length; start += rowsPerTruth) {
        const some = slots.subarray(start, start + rowsPerTruth);
        // From a file, each is read once.
        const read = vectors instanceof ExternalVectors ? vectors.scoresOfEach(some, asked) : [];
        for (const [i, top] of tops.entries()) {
          await checkpoint(task, { stage: 'truth', done, total });
          const scores = read[i] ?? vectors?.scores(some, rowOf(asked, i));
          for (let s = 0; scores && s < scores.length; s++) {
            top.offer(rows.rowAt(some[s]), scores[s]);
          }
        }
        done += some.length;
      }
    }
    return tops.map((top) => top.rows().map(({ row }) => row));
  }

  /** The depth that searches have by default; undefined where all vectors are compared. */
  get #searched(): SearchDepth | undefined {
    return this.finder === 'exact' ? undefined : this.#depth;
  }
}

function isTooFew(cause: unknown): boolean {
  if (!BitryoshkaError.isInstance(cause)) return false;
  return cause.code === 'empty-input' || cause.code === 'not-enough-vectors';
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${JSON.stringify(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
