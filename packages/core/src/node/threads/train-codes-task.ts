import type { TrainedCodes } from '../../quantizers/learned/train-codes.ts';
import { trainCodes } from '../../quantizers/learned/train-codes.ts';
import type { TrainCodesOptions } from '../../quantizers/learned/training-options.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { SharedTrainingOptions } from './shared-training-options.ts';
import { openTrainingOptions } from './shared-training-options.ts';
import type { TaskResult, ThreadTaskOptions } from './thread-tasks.ts';

export interface TrainCodesInput extends Pick<TrainCodesOptions, 'bits' | 'seed'> {
  readonly vectors: Matrix;
  readonly queries: Matrix | undefined;
  readonly training: SharedTrainingOptions;
}

/** The quantizer is its file. */
export type TrainCodesOutput = Omit<TrainedCodes, 'quantizer'> & { readonly quantizer: Uint8Array };

export async function trainCodesTask(
  { vectors, training, ...options }: TrainCodesInput,
  { signal, onProgress, onCheckpoint }: ThreadTaskOptions,
): Promise<TaskResult<TrainCodesOutput>> {
  const { quantizer, curve, stages } = await trainCodes(vectors, {
    ...options,
    ...openTrainingOptions(training, onCheckpoint),
    signal,
    onProgress,
  });
  return { output: { quantizer: quantizer.save(), curve, stages } };
}
