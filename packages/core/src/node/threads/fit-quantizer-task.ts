import type { FitOptions } from '../../quantizers/fit.ts';
import { fitQuantizer } from '../../quantizers/fit.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { SharedHeadOptions } from './shared-training-options.ts';
import { openHeadOptions } from './shared-training-options.ts';
import type { TaskResult, ThreadTaskOptions } from './thread-tasks.ts';

export interface FitQuantizerInput
  extends Pick<FitOptions, 'kind' | 'bits' | 'nested' | 'firstBits' | 'decoder' | 'seed'> {
  /** What is learned from: all of it. */
  readonly sample: Matrix;
  readonly queries: Matrix | undefined;
  readonly head: SharedHeadOptions | undefined;
}

/** The file of the quantizer that was fitted. */
export async function fitQuantizerTask(
  { sample, head, ...options }: FitQuantizerInput,
  { signal, onProgress, onCheckpoint }: ThreadTaskOptions,
): Promise<TaskResult<Uint8Array>> {
  const quantizer = await fitQuantizer(sample, {
    ...options,
    head: head && openHeadOptions(head, onCheckpoint),
    sampleSize: Infinity,
    signal,
    onProgress,
  });
  return { output: quantizer.save() };
}
