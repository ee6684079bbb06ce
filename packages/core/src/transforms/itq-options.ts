import type { TaskOptions } from '../progress/task-options.ts';

export interface ItqOptions extends TaskOptions {
  /** Default: 10, which bring the vectors as close as 30 of the paper's rounds, each of which turns less far. */
  readonly iterations?: number;
  readonly seed?: number;
  /** Vectors that the rotation is learned from, at most; the components are learned from all. */
  readonly sampleSize?: number;
}
