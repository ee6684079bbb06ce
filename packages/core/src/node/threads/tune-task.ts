import type { TuningResult } from '../../tuning/tune.ts';
import { tune } from '../../tuning/tune.ts';
import type { TuneOptions } from '../../tuning/tuning-options.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { TaskResult, ThreadTaskOptions } from './thread-tasks.ts';

export interface TuneInput {
  readonly vectors: Matrix;
  readonly queries: Matrix | undefined;
  readonly options: Omit<TuneOptions, 'queries' | 'signal' | 'onProgress'>;
}

/** The quantizer is its file. */
export type TuneOutput = Omit<TuningResult, 'quantizer'> & { readonly quantizer: Uint8Array };

export async function tuneTask(
  { vectors, queries, options }: TuneInput,
  { signal, onProgress }: ThreadTaskOptions,
): Promise<TaskResult<TuneOutput>> {
  const result = await tune(vectors, { ...options, queries, signal, onProgress });
  return { output: { ...result, quantizer: result.quantizer.save() } };
}
