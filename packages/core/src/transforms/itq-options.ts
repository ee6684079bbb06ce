import type { TaskOptions } from '../progress/task-options.ts';

export interface ItqOptions extends TaskOptions {
  /** Default: 12, which bring the vectors as close as 30 of the paper's, each of which turns less far. */
  readonly iterations?: number;
  readonly seed?: number;
  /** Vectors that the rotation is learned from, at most; the components are learned from all. */
  readonly sampleSize?: number;
}
