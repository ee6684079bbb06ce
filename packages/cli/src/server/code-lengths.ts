import type { Matrix, ScoredRow, TaskOptions } from '@bitryoshka/core';
import { BinaryIndex, BitryoshkaError, bytesPerCode, row as rowOf } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { fitQuantizerInThread } from '@bitryoshka/core/node';
import type { CodeSettings, QualityResponse } from './api-types.ts';
import type { ServedPassages } from './served-passages.ts';
import { SharedTask } from './shared-task.ts';

const knownLengths = [32, 64, 96, 128, 192, 256, 384, 512];
const knownDepths = [0, 10, 20, 40, 100, 200];
/** Neighbours that codes are to find. */
const neighbours = 10;
/** Of which a quantizer learns, at most. */
const sampleSize = 10_000;
/** Asked first, unmeasured, so that nobody pays for the compiler. */
const unmeasured = 10;
/** Of a decoded score, which knows how long the vector is that a code is decoded to. */
const bytesPerNorm = 1;
/** By which scores of equal vectors may differ. */
const tolerance = 1e-5;

/** The same vectors as floats and as codes of several lengths, each of which is learned when it is first asked for. */
export class CodeLengths {
  /** Those that there are more passages than bits for. */
  readonly lengths: readonly number[];
  /** Those that are less than all passages; none reads nothing. */
  readonly depths: readonly number[];
  readonly #passages: ServedPassages;
  readonly #float: BinaryIndex;
  readonly #indexes: Map<number, SharedTask<BinaryIndex>>;
  readonly #qualities: Map<number, SharedTask<QualityResponse>>;

  /** @param ask the questions by which codes are measured, as unit vectors */
  constructor(passages: ServedPassages, ask: (task: TaskOptions) => Promise<Matrix>) {
    const { vectors, count } = passages;
    this.#passages = passages;
    this.lengths = knownLengths.filter((bits) => bits <= vectors.dimensions && bits < count);
    this.depths = knownDepths.filter((depth) => depth < count);
    this.#float = new BinaryIndex({ dimensions: vectors.dimensions, vectors });
    const questions = new SharedTask((signal) => ask({ signal }));
    const forEach = <T>(begin: (bits: number, signal: AbortSignal) => Promise<T>) =>
      new Map(this.lengths.map((bits) => [bits, new SharedTask((signal) => begin(bits, signal))]));
    this.#indexes = forEach((bits, signal) => this.#learn(bits, signal));
    this.#qualities = forEach(async (bits, signal) =>
      this.#measure(bits, await questions.result(signal), signal),
    );
  }

  /** What is looked at first. Undefined without codes. */
  get defaults(): CodeSettings | undefined {
    const bits = this.lengths.findLast((length) => length <= 128);
    const rerank = this.depths.findLast((depth) => depth <= 40) ?? 0;
    return bits === undefined ? undefined : { bits, rerank };
  }

  /** By all float vectors. */
  searchFloat(query: Float32Array, k: number): ScoredRow[] {
    return this.#float.search(query, { k });
  }

  /** @throws BitryoshkaError `invalid-option` for a length that there is not */
  async search(
    query: Float32Array,
    { k, bits, rerank }: CodeSettings & { readonly k: number },
    signal: AbortSignal,
  ): Promise<{ readonly found: ScoredRow[]; readonly milliseconds: number }> {
    const index = await this.#of(this.#indexes, bits).result(signal);
    const start = performance.now();
    const found = index.search(query, { k, rerank });
    return { found, milliseconds: performance.now() - start };
  }

  /**
   * What codes of a length find at each depth, beside floats.
   *
   * @throws BitryoshkaError as `search`
   */
  async quality(bits: number, signal: AbortSignal): Promise<QualityResponse> {
    return this.#of(this.#qualities, bits).result(signal);
  }

  /**
   * The place of each row among the nearest, counted from 0; undefined for one that is not among them. Copies of a
   * passage stand for each other.
   */
  placesOf(
    query: Float32Array,
    exact: readonly ScoredRow[],
    found: readonly ScoredRow[],
  ): (number | undefined)[] {
    const rows = found.map(({ row }) => row);
    const scores = this.#passages.vectors.scores(rows, query);
    const places = rows.map((row) => exact.findIndex((each) => each.row === row));
    return places.map((place, i) => {
      if (place >= 0) return place;
      const copy = exact.findIndex(
        ({ score }, at) =>
          !places.includes(at) && Math.abs(score - (scores[i] as number)) < tolerance,
      );
      if (copy < 0) return undefined;
      places[i] = copy;
      return copy;
    });
  }

  #of<T>(tasks: ReadonlyMap<number, T>, bits: number): T {
    const task = tasks.get(bits);
    if (task !== undefined) return task;
    const { count } = this.#passages;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `bits: got ${bits}, expected one of ${this.lengths.join(', ') || `none for ${count} passages`}.`,
      remedy: 'Choose one of these; codes are learned from more passages than they have bits.',
    });
  }

  async #learn(bits: number, signal: AbortSignal): Promise<BinaryIndex> {
    const { vectors } = this.#passages;
    const quantizer = await fitQuantizerInThread(blocksOf(vectors), {
      kind: 'itq',
      bits,
      sampleSize,
      signal,
    });
    // All lengths read the same vectors; none is changed.
    const index = new BinaryIndex({ dimensions: vectors.dimensions, vectors });
    await index.encode(quantizer, { signal });
    return index;
  }

  async #measure(bits: number, questions: Matrix, signal: AbortSignal): Promise<QualityResponse> {
    const index = await this.#of(this.#indexes, bits).result(signal);
    const k = Math.min(neighbours, this.#passages.count);
    const exact = await answers(questions, signal, (query) => this.searchFloat(query, k));
    const depths: { rerank: number; recall: number; milliseconds: number }[] = [];
    for (const rerank of this.depths) {
      const { found, milliseconds } = await answers(questions, signal, (query) =>
        index.search(query, { k, rerank }),
      );
      const shares = found.map((rows, i) => {
        const places = this.placesOf(rowOf(questions, i), exact.found[i] as ScoredRow[], rows);
        return places.filter((place) => place !== undefined).length / k;
      });
      const recall = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      depths.push({ rerank, recall, milliseconds });
    }
    const { bytesPerVector } = this.#passages.vectors;
    return {
      bits,
      questions: questions.rows,
      bytesPerPassage: bytesPerCode(bits) + (index.quantizer?.decoder ? bytesPerNorm : 0),
      float: { milliseconds: exact.milliseconds, bytesPerPassage: bytesPerVector },
      depths,
    };
  }
}

async function* blocksOf(vectors: ServedPassages['vectors']): AsyncGenerator<Matrix> {
  yield* vectors.blocks();
}

/** What is found for each of the questions, in turns, and how long one takes: the median. */
async function answers(
  questions: Matrix,
  signal: AbortSignal,
  search: (query: Float32Array) => ScoredRow[],
): Promise<{ readonly found: ScoredRow[][]; readonly milliseconds: number }> {
  const found: ScoredRow[][] = [];
  const times: number[] = [];
  const total = questions.rows;
  for (let i = 0; i < Math.min(unmeasured, total); i++) search(rowOf(questions, i));
  for (let i = 0; i < total; i++) {
    await checkpoint({ signal }, { stage: 'measure', done: i, total });
    const start = performance.now();
    found.push(search(rowOf(questions, i)));
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { found, milliseconds: times[times.length >> 1] ?? 0 };
}
