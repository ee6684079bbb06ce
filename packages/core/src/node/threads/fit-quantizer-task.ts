import type { FitOptions } from '../../quantizers/fit.ts';
import { fitQuantizer } from '../../quantizers/fit.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { SharedTrainingOptions } from './shared-training-options.ts';
import { openTrainingOptions } from './shared-training-options.ts';
import type { TaskResult, ThreadTaskOptions } from './thread-tasks.ts';

export interface FitQuantizerInput
  extends Pick<
    FitOptions,
    | 'kind'
    | 'bits'
    | 'decoder'
    | 'check'
    | 'sampleSize'
    | 'seed'
    | 'thresholds'
    | 'groups'
    | 'rotation'
    | 'residual'
  > {
  /** What is learned from, and what fits are checked by. */
  readonly sample: Matrix;
  readonly queries: Matrix | undefined;
  readonly learned: { readonly train?: boolean | SharedTrainingOptions } | undefined;
}

/** The file of the quantizer that was fitted. */
export async function fitQuantizerTask(
  { sample, learned, ...options }: FitQuantizerInput,
  { signal, onProgress, onCheckpoint }: ThreadTaskOptions,
): Promise<TaskResult<Uint8Array>> {
  const train = learned?.train;
  const quantizer = await fitQuantizer(sample, {
    ...options,
    learned: learned && {
      ...learned,
      train: train && typeof train === 'object' ? openTrainingOptions(train, onCheckpoint) : train,
    },
    signal,
    onProgress,
  });
  return { output: quantizer.save() };
}
