import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { decodeFile, encodeFile } from '../format/file.ts';
import type { Tensor } from '../format/safetensors.ts';
import { isFloat32Array } from '../vectors/typed-arrays.ts';

/** One measurement while codes are trained. */
export interface CurvePoint {
  /** Steps made before it. */
  readonly step: number;
  /** Running mean of the loss. */
  readonly loss: number;
  /** Share of the neighbours of held-out vectors that binary codes find at the depth of re-ranking. */
  readonly recall: number;
  /** Mean entropy of the bits, 0 to 1. */
  readonly entropy: number;
}

/** All that training needs to go on. */
export interface TrainingState {
  readonly step: number;
  readonly loss: number;
  readonly curve: readonly CurvePoint[];
  /** The best measurement so far, by which the arrays in `best` were kept. */
  readonly bestScore: number;
  /** Its place in the curve. */
  readonly bestAt: number;
  readonly parameters: readonly Float32Array[];
  readonly best: readonly Float32Array[];
  readonly means: readonly Float32Array[];
  readonly squares: readonly Float32Array[];
}

const groups = ['parameters', 'best', 'means', 'squares'] as const;

export function encodeTrainingState(state: TrainingState): Uint8Array {
  const { step, loss, curve, bestScore, bestAt } = state;
  const tensors: Record<string, Tensor> = {};
  for (const group of groups) {
    for (const [i, data] of state[group].entries()) {
      tensors[`${group}_${i}`] = { shape: [data.length], data };
    }
  }
  return encodeFile({
    kind: 'training',
    fields: { step, loss, curve, bestScore: String(bestScore), bestAt },
    tensors,
  });
}

/**
 * @param lengths of the arrays that are trained
 * @throws BitryoshkaError `invalid-file` where they are others, and as every file
 */
export function decodeTrainingState(file: Uint8Array, lengths: readonly number[]): TrainingState {
  const { fields, tensors } = decodeFile(file, 'training');
  const arrays = (group: string): Float32Array[] =>
    lengths.map((length, i) => {
      const data = tensors[`${group}_${i}`]?.data;
      if (isFloat32Array(data) && data.length === length) return data;
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `checkpoint: got ${data?.length ?? 'no'} values for ${group} ${i}, expected ${length}.`,
        remedy: 'Resume with the vectors and options that the training was begun with.',
      });
    });
  const { step, loss, curve, bestScore, bestAt } = fields as unknown as TrainingState;
  const [parameters = [], best = [], means = [], squares = []] = groups.map(arrays);
  return {
    step,
    loss,
    curve,
    bestScore: Number(bestScore),
    bestAt,
    parameters,
    best,
    means,
    squares,
  };
}
