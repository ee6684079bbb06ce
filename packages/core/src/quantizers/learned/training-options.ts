import type { TaskOptions } from '../../progress/task-options.ts';
import type { BinarizerName } from '../../training/binarizers.ts';
import type { LossWeights } from '../../training/code-loss.ts';
import type { TrainingPairs } from '../../training/training-pairs.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { Vectors } from '../../vectors/matrix.ts';
import { checkChoice, invalidOption, nestedLengths } from '../fitter.ts';
import type { Quantizer } from '../quantizer.ts';
import { LearnedQuantizer } from './learned-quantizer.ts';

/** What trained codes look like and learn. */
export interface CodeTrainingOptions {
  /** `mlp` adds a hidden layer to the linear map. Default: `linear`. */
  readonly architecture?: 'linear' | 'mlp' | undefined;
  /** How bits are made while training. Default: `ste`. */
  readonly binarize?: Exclude<BinarizerName, 'none'> | undefined;
  /** Lengths of leading parts of a code that are to be good codes as well. Default: none but the whole. */
  readonly nested?: readonly number[] | undefined;
  /** What the parts of the loss count for. Default: symmetric 0.3, decoded 1. */
  readonly objectives?: LossWeights | undefined;
  /**
   * Learned from besides the similarities of the documents, for as much as `pairWeight` says: pairs of your
   * own, or what `corpusPairs` makes of the documents' titles and headings.
   */
  readonly pairs?: TrainingPairs | undefined;
  /** Default: 0.3. */
  readonly pairWeight?: number | undefined;
  /** Learned codes to train further, instead of starting from principal components and ITQ. */
  readonly from?: Quantizer | undefined;
  /** Default: as many as the number of vectors asks for. */
  readonly steps?: number | undefined;
  /** Depth of re-ranking at which stages are compared. Default: 40. */
  readonly rerank?: number | undefined;
  /** Whether documents' codes are chosen by what restores them best. Default: true. */
  readonly choose?: boolean | undefined;
  /**
   * How much codes that are chosen keep to the signs of the encoder, which queries are nearer to. More finds
   * more by Hamming distance and among many documents that are unlike the queries; 0 finds more by decoded
   * scores among a few thousand. Default: 0.002.
   */
  readonly encoderWeight?: number | undefined;
  /**
   * How vectors are restored from codes: `linear`, one vector per bit; `additive`, 256 per byte, which find
   * more and take 256 · bits / 8 · dimensions floats, of each of which a query costs a multiplication. Not
   * for nested codes. Default: `additive` for 20,000 vectors or more, where it is possible.
   */
  readonly decoder?: 'linear' | 'additive' | undefined;
  /** What an earlier call gave to `onCheckpoint`: training goes on from there. */
  readonly checkpoint?: Uint8Array | undefined;
  readonly onCheckpoint?: ((checkpoint: Uint8Array) => void) | undefined;
}

export interface TrainCodesOptions extends CodeTrainingOptions, TaskOptions {
  /**
   * Vectors of queries such as will be asked: what they find is learned beside what documents find, and those
   * that are held out help to judge.
   */
  readonly queries?: Vectors | undefined;
  /** Length of a code: at most the dimension of the vectors. */
  readonly bits: number;
  /** Same vectors, options and seed: same codes. Default: 0. */
  readonly seed?: number | undefined;
}

/**
 * @returns the lengths of the nested codes, ascending, the whole one last
 * @throws BitryoshkaError `invalid-option`
 */
export function checkTrainingOptions(dimensions: number, options: TrainCodesOptions): number[] {
  const { bits, architecture = 'linear', binarize = 'ste', nested = [], from } = options;
  checkOutputDimensions(dimensions, bits);
  const { decoder = 'linear', choose = true } = options;
  checkChoice('architecture', architecture, ['linear', 'mlp']);
  checkChoice('binarize', binarize, ['ste', 'sigmoid', 'gumbel']);
  checkChoice('decoder', decoder, ['linear', 'additive']);
  if (decoder === 'additive' && !(choose && canBeAdditive(bits, nested))) {
    throw invalidOption(
      'decoder',
      'additive',
      'linear for nested codes, for bits that are no multiple of 8, and where codes are not chosen',
    );
  }
  for (const name of ['steps', 'rerank'] as const) {
    const value = options[name];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
      throw invalidOption(name, value, 'a whole number from 0 up');
    }
  }
  for (const name of ['encoderWeight', 'pairWeight'] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0 && value < Infinity)) {
      throw invalidOption(name, value, 'a number from 0 up');
    }
  }
  const prefixes = nestedLengths(nested, bits);
  if (from) checkStart(from, dimensions, prefixes, options);
  return prefixes;
}

/** Codebooks belong to whole bytes of a whole code. */
export function canBeAdditive(bits: number, nested: readonly number[]): boolean {
  return bits % 8 === 0 && nested.every((length) => length === bits);
}

function checkStart(
  from: NonNullable<TrainCodesOptions['from']>,
  dimensions: number,
  prefixes: readonly number[],
  { architecture }: TrainCodesOptions,
): void {
  const wanted = `codes of ${dimensions} dimensions to ${prefixes.join(', ')} bits`;
  if (!(from instanceof LearnedQuantizer)) throw invalidOption('from', from.kind, wanted);
  if (from.inputDimensions !== dimensions || from.nested.join() !== prefixes.join()) {
    throw invalidOption(
      'from',
      `codes of ${from.inputDimensions} dimensions to ${from.nested.join(', ')} bits`,
      wanted,
    );
  }
  const its = (from.parts.queryEncoder ?? from.parts.encoder).hidden ? 'mlp' : 'linear';
  if (architecture !== undefined && architecture !== its) {
    throw invalidOption('architecture', architecture, `${its}, as the codes to train further`);
  }
}
