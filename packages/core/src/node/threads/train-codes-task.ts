import type { HeadFit } from '../../quantizers/learned/train-codes.ts';
import { fitHead } from '../../quantizers/learned/train-codes.ts';
import type { HeadFitOptions } from '../../quantizers/learned/training-options.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { SharedHeadOptions } from './shared-training-options.ts';
import { openHeadOptions } from './shared-training-options.ts';
import type { TaskResult, ThreadTaskOptions } from './thread-tasks.ts';

export interface FitHeadInput extends Pick<HeadFitOptions, 'bits' | 'seed'> {
  readonly vectors: Matrix;
  readonly queries: Matrix | undefined;
  readonly head: SharedHeadOptions;
}

/** The quantizer is its file. */
export type FitHeadOutput = Omit<HeadFit, 'quantizer'> & { readonly quantizer: Uint8Array };

export async function fitHeadTask(
  { vectors, head, ...options }: FitHeadInput,
  { signal, onProgress, onCheckpoint }: ThreadTaskOptions,
): Promise<TaskResult<FitHeadOutput>> {
  const { quantizer, curve, stages } = await fitHead(vectors, {
    ...options,
    ...openHeadOptions(head, onCheckpoint),
    signal,
    onProgress,
  });
  return { output: { quantizer: quantizer.save(), curve, stages } };
}
