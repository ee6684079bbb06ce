import type { Codes } from '../codes/codes.ts';
import { bytesPerCode } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { defaultKernel } from '../kernels/default-kernel.ts';
import type { CodeMemory } from '../kernels/kernel.ts';
import type { LinearDecoder } from '../quantizers/linear-decoder.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { inverseNorm, normalizeRows } from '../vectors/normalize.ts';
import { checkCount } from './check-count.ts';
import { CodeScorer } from './code-scorer.ts';
import { unitQuery } from './exact-index.ts';
import { GrowingBytes } from './growing-bytes.ts';
import type { ScoredRow } from './top-rows.ts';
import { TopRows } from './top-rows.ts';
import type { SearchOptions, VectorIndex } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';

/**
 * How codes are scored: code against code; the query's real values against a code; or the query itself
 * against the vector that a code is decoded to.
 */
export type Scoring = 'symmetric' | 'asymmetric' | 'decoded';

const scorings: readonly Scoring[] = ['symmetric', 'asymmetric', 'decoded'];

export interface SearchDepth {
  /** Default: `decoded` where the quantizer has a decoder, otherwise `asymmetric`. */
  readonly scoring?: Scoring;
  /** Rows that the Hamming scan hands on. Default: ten times `rerank`. */
  readonly candidates?: number;
  /** Rows that are scored with their stored vectors at last; 0 for none. Default: 10 k, at least 100. */
  readonly rerank?: number;
}

export interface FlatSearchOptions extends SearchOptions, SearchDepth {}

/**
 * Binary codes, scanned from end to end: Hamming distances give the candidates, the query's real values or
 * the decoded codes order them, and stored vectors decide among the best.
 */
export class FlatIndex implements VectorIndex {
  readonly quantizer: Quantizer;
  readonly #codes: CodeMemory;
  readonly #vectors: VectorRows;
  /** A byte for the length of each decoded code; empty without a decoder. */
  readonly #norms = new GrowingBytes();

  /**
   * @param vectors unit vectors that the index takes over, if any
   * @param codes their codes, where they are known already
   */
  constructor(quantizer: Quantizer, vectors?: VectorRows, codes?: Codes) {
    this.quantizer = quantizer;
    this.#vectors = vectors ?? new VectorRows(quantizer.inputDimensions);
    this.#codes = defaultKernel().createCodeMemory(bytesPerCode(quantizer.bits));
    if (codes) this.#appendCodes(codes);
    else for (const block of this.#vectors.blocks()) this.#appendCodes(this.#encode(block));
    if (this.#codes.rows !== this.#vectors.rows) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `got ${this.#codes.rows} codes for ${this.#vectors.rows} vectors.`,
        remedy: 'Pass one code per vector.',
      });
    }
  }

  get dimensions(): number {
    return this.quantizer.inputDimensions;
  }

  get rows(): number {
    return this.#vectors.rows;
  }

  add(vectors: Vectors): void {
    const unit = normalizeRows(toMatrix(vectors, { columns: this.dimensions }));
    this.#appendCodes(this.#encode(unit));
    this.#vectors.append(unit);
  }

  search(query: ArrayLike<number>, options: FlatSearchOptions): ScoredRow[] {
    const { decoder } = this.quantizer;
    const { k, allowed, scoring = decoder ? 'decoded' : 'asymmetric' } = options;
    const { rerank = Math.max(100, 10 * k) } = options;
    const { candidates = 10 * Math.max(rerank, k) } = options;
    checkCount('k', k, 0);
    checkCount('rerank', rerank, 0);
    checkCount('candidates', candidates, 0);
    this.#checkScoring(scoring);
    const unit = unitQuery(query, this.dimensions);
    const wanted = rerank === 0 ? k : Math.max(rerank, k);
    const scored =
      scoring === 'symmetric'
        ? this.#symmetric(unit, wanted, allowed?.bytes)
        : this.#rescore(unit, {
            score: scoring === 'decoded' ? this.#decodedScore(unit) : this.#asymmetricScore(unit),
            candidates: Math.max(candidates, wanted),
            count: wanted,
            allowed: allowed?.bytes,
          });
    return rerank === 0 ? scored : this.#rerank(unit, scored, k);
  }

  vector(row: number): Float32Array {
    return this.#vectors.at(row);
  }

  select(rows: ArrayLike<number>): FlatIndex {
    const { bytesPerCode: bytes } = this.#codes;
    const data = new Uint8Array(rows.length * bytes);
    const all = this.#codes.bytes();
    for (let i = 0; i < rows.length; i++) {
      data.set(all.subarray(rows[i] * bytes, (rows[i] + 1) * bytes), i * bytes);
    }
    const codes = { rows: rows.length, bits: this.quantizer.bits, bytesPerCode: bytes, data };
    return new FlatIndex(this.quantizer, this.#vectors.select(rows), codes);
  }

  blocks(): Iterable<Matrix> {
    return this.#vectors.blocks();
  }

  /** The vectors themselves, to build another index on without copying them. */
  get vectors(): VectorRows {
    return this.#vectors;
  }

  /** The codes of all rows, copied. */
  codes(): Codes {
    const { rows, bytesPerCode: bytes } = this.#codes;
    return {
      rows,
      bits: this.quantizer.bits,
      bytesPerCode: bytes,
      data: this.#codes.bytes().slice(),
    };
  }

  #encode(vectors: Matrix): Codes {
    return this.quantizer.encode(vectors, 'document');
  }

  #appendCodes(codes: Codes): void {
    const before = this.#codes.rows;
    this.#codes.resize(before + codes.rows);
    this.#codes.bytes().set(codes.data, before * codes.bytesPerCode);
    const { decoder } = this.quantizer;
    if (decoder) this.#norms.append(decoder.encodeNorms(codes));
  }

  #nearest(unit: Float32Array, count: number, allowed: Uint8Array | undefined) {
    const query = this.quantizer.encode([unit], 'query');
    return this.#codes.nearest(query.data, count, allowed && padded(allowed, this.rows));
  }

  #symmetric(unit: Float32Array, count: number, allowed: Uint8Array | undefined): ScoredRow[] {
    const { rows, distances } = this.#nearest(unit, count, allowed);
    // The angle between two vectors is about π times the share of bits in which their codes differ.
    const angle = Math.PI / this.quantizer.bits;
    return Array.from(rows, (row, i) => ({ row, score: Math.cos(angle * distances[i]) }));
  }

  #rescore(unit: Float32Array, { score, candidates, count, allowed }: RescoreOptions): ScoredRow[] {
    const { rows } = this.#nearest(unit, candidates, allowed);
    const codes = this.#codes.bytes();
    const top = new TopRows(count);
    for (const row of rows) top.offer(row, score(codes, row));
    return top.rows();
  }

  /** The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits. */
  #asymmetricScore(unit: Float32Array): RowScore {
    const { bytesPerCode: bytes } = this.#codes;
    const projection = this.quantizer.project([unit], 'query').data;
    const scorer = new CodeScorer(projection);
    const scale = inverseNorm(projection, 0, projection.length) / Math.sqrt(projection.length);
    return (codes, row) => scorer.sum(codes, row * bytes) * scale;
  }

  /** The cosine of the query and a decoded code. */
  #decodedScore(unit: Float32Array): RowScore {
    const { bytesPerCode: bytes } = this.#codes;
    const decoder = this.quantizer.decoder as LinearDecoder;
    const { values, constant } = decoder.query(unit);
    const scorer = new CodeScorer(values);
    const inverseNorms = decoder.inverseNorms();
    const norms = this.#norms;
    return (codes, row) =>
      (scorer.sum(codes, row * bytes) + constant) * inverseNorms[norms.at(row)];
  }

  #checkScoring(scoring: Scoring): void {
    const { decoder } = this.quantizer;
    const possible = scorings.filter((known) => known !== 'decoded' || decoder);
    if (possible.includes(scoring)) return;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `scoring: got "${String(scoring)}", expected one of ${possible.join(', ')}.`,
      remedy: decoder ? 'Choose one of these.' : 'Choose one of these, or fit with a decoder.',
    });
  }

  #rerank(unit: Float32Array, candidates: readonly ScoredRow[], k: number): ScoredRow[] {
    const top = new TopRows(k);
    for (const { row } of candidates) top.offer(row, this.#vectors.dot(row, unit));
    return top.rows();
  }
}

type RowScore = (codes: Uint8Array, row: number) => number;

interface RescoreOptions {
  readonly score: RowScore;
  /** Rows that the Hamming scan hands on. */
  readonly candidates: number;
  /** How many of them to keep. */
  readonly count: number;
  readonly allowed: Uint8Array | undefined;
}

/** A bitmap may end before the last row: the rows past its end are not in it. */
function padded(bitmap: Uint8Array, rows: number): Uint8Array {
  const bytes = Math.ceil(rows / 8);
  if (bitmap.length >= bytes) return bitmap;
  const whole = new Uint8Array(bytes);
  whole.set(bitmap);
  return whole;
}
