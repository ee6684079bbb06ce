import type { Codes } from '../codes/codes.ts';
import { zeroCodes } from '../codes/codes.ts';
import type { Steps } from '../progress/steps.ts';
import { inTurns } from '../progress/steps.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { checkedUnitRows } from '../vectors/checked-unit-rows.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { rowRange, zeros } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { sampleRows } from '../vectors/sample-rows.ts';
import { sampleVectors } from '../vectors/sample-vectors.ts';
import { checkSampleSize, defaultSampleSize } from '../vectors/vector-sample.ts';
import { DecodableQuantizer } from './decodable-quantizer.ts';
import type { FamilyOptions, QuantizerKind } from './families.ts';
import { fitters, resolveKind } from './families.ts';
import type { PlainKind } from './fit-report.ts';
import { examineFit, mostQuestions, setExam } from './fit-report.ts';
import type { FamilyFitter } from './fitter.ts';
import { invalidOption } from './fitter.ts';
import { fitLinearDecoder } from './linear-decoder.ts';
import type { Quantizer } from './quantizer.ts';

const rowsPerStep = 256;

export interface FitOptions extends TaskOptions, FamilyOptions {
  readonly kind: QuantizerKind;
  /**
   * Length of a code: at most the dimension of the vectors, eight times that for random rotations, whose codes find
   * more the longer they are. For kind `residual` that of both parts, whole bytes.
   */
  readonly bits: number;
  /**
   * Vectors of queries such as will be asked. Thresholds that are statistics are then the queries' own on the query
   * side, or as far as `perSide` allows; learned decoders learn what they find.
   */
  readonly queries?: Vectors | undefined;
  /**
   * Compare the codes with those of ITQ and of random rotations, by vectors that are not learned from (200 or a
   * twentieth; none of fewer than 400), and take these where they find more. The quantizer's `fitReport` tells. Default:
   * true for kinds `learned` and `residual`.
   */
  readonly check?: boolean | undefined;
  /** Fit a decoder of the codes as well, for decoded scoring. Default: true. */
  readonly decoder?: boolean;
  /**
   * Vectors to learn from, at most: a random sample of those given, which bounds memory and time. Default:
   * 20,000; learning from all of 100,000 passages changes recall by less than a point, either way.
   */
  readonly sampleSize?: number;
  /** Same vectors, options and seed: same quantizer. Default: 0. */
  readonly seed?: number;
}

/**
 * Learns a quantizer from document vectors.
 *
 * @param vectors all of them, or blocks of them that need not fit in memory together
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite`, or `invalid-option` for
 *   an unknown kind, options of another family than its own, or a number of bits that the vectors cannot give
 */
export async function fitQuantizer(
  vectors: Vectors | AsyncIterable<Vectors>,
  options: FitOptions,
): Promise<Quantizer> {
  const { seed = 0, signal, onProgress } = options;
  signal?.throwIfAborted();
  const isChecked = checksFit(options);
  const sample = await sampleVectors(isStream(vectors) ? vectors : [vectors], {
    size: fitSampleSize(options),
    seed,
    signal,
    onProgress,
  });
  const all = await inTurns(normalizeInSteps(sample), { signal });
  const { sampleSize = defaultSampleSize } = options;
  const exam = isChecked ? setExam(all, sampleSize, seed) : undefined;
  const documents = exam?.documents ?? sampleRows(all, sampleSize, seed);
  let itq: AffineMap | undefined;
  const fitted = await fitTo(documents, options, (map) => {
    itq = map;
  });
  if (!exam) return fitted;
  const fitReport = await examineFit(fitted, exam, { seed, itq, signal, onProgress });
  const taken =
    fitReport.taken === fitted.kind
      ? fitted
      : await fitTo(
          documents,
          plainOptions(options, fitReport.taken as PlainKind, documents.columns),
        );
  return Object.assign(taken, { fitReport });
}

/** Vectors that a fit takes, those it is checked by included. */
export function fitSampleSize(options: FitOptions): number {
  const { sampleSize = defaultSampleSize } = options;
  checkSampleSize(sampleSize);
  return sampleSize + (checksFit(options) ? mostQuestions : 0);
}

/** @throws BitryoshkaError `invalid-option` */
function checksFit({ kind, decoder, check, ...options }: FitOptions): boolean {
  const { family } = resolveKind(kind, options);
  const isLearned = family === 'learned' || family === 'residual';
  if (check === true && decoder === false) {
    throw invalidOption('check', true, 'false or nothing where there is to be no decoder');
  }
  return check ?? (isLearned && decoder !== false);
}

/** The same for a plain rotation, which has no more bits than there are dimensions. */
function plainOptions(
  { bits, queries, seed, signal, onProgress }: FitOptions,
  kind: PlainKind,
  dimensions: number,
): FitOptions {
  const most = Math.min(bits, dimensions);
  return { kind, bits: most, queries, ...(seed !== undefined && { seed }), signal, onProgress };
}

/** A quantizer of unit vectors, with a decoder if there is to be one. */
async function fitTo(
  documents: Matrix,
  options: FitOptions,
  onItq?: (map: AffineMap) => void,
): Promise<Quantizer> {
  const { kind, bits, seed = 0, signal, onProgress } = options;
  const { family, own } = resolveKind(kind, options);
  const fit = fitters[family] as FamilyFitter<object>;
  const queries = options.queries && checkedUnitRows(options.queries, 'queries', documents.columns);
  const quantizer = await fit(documents, { bits, queries, seed, signal, onProgress, onItq }, own);
  if (quantizer.decoder || options.decoder === false) return quantizer;
  const codes = await inTurns(encodeDocuments(quantizer, documents), { signal });
  const decoder = await inTurns(fitLinearDecoder(codes, documents), { signal });
  return new DecodableQuantizer(quantizer, decoder);
}

function* normalizeInSteps(vectors: Matrix): Steps<Matrix> {
  const unit = zeros(vectors.rows, vectors.columns);
  for (let start = 0; start < vectors.rows; start += rowsPerStep) {
    const end = Math.min(vectors.rows, start + rowsPerStep);
    normalizeRows(rowRange(vectors, start, end), rowRange(unit, start, end));
    yield;
  }
  return unit;
}

function* encodeDocuments(quantizer: Quantizer, documents: Matrix): Steps<Codes> {
  const codes = zeroCodes(documents.rows, quantizer.bits);
  for (let start = 0; start < documents.rows; start += rowsPerStep) {
    const block = rowRange(documents, start, Math.min(documents.rows, start + rowsPerStep));
    codes.data.set(quantizer.encode(block, 'document').data, start * codes.bytesPerCode);
    yield;
  }
  return codes;
}

function isStream(vectors: Vectors | AsyncIterable<Vectors>): vectors is AsyncIterable<Vectors> {
  return Symbol.asyncIterator in Object(vectors);
}
