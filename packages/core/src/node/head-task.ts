import type { HeadFit } from '../quantizers/head/fit-head.ts';
import type { HeadFitOptions } from '../quantizers/head/head-options.ts';
import type { Matrix } from '../vectors/matrix.ts';

/** What a thread that trains a head is given: plain data, the vectors in memory that both sides see. */
export interface HeadTask {
  readonly vectors: Matrix;
  readonly options: Omit<
    HeadFitOptions,
    'from' | 'pairs' | 'queries' | 'signal' | 'onProgress' | 'onCheckpoint'
  >;
  /** The file of the head to train further. */
  readonly from: Uint8Array | undefined;
  readonly queries: Matrix | undefined;
  readonly pairs:
    | {
        readonly queries: Matrix;
        readonly documents: Matrix;
        readonly negatives: Matrix | undefined;
      }
    | undefined;
  readonly wantsCheckpoints: boolean;
}

/** What such a thread says, in the order in which it happens. */
export type HeadMessage =
  | { readonly progress: { readonly stage: string; readonly done: number; readonly total: number } }
  | { readonly checkpoint: Uint8Array }
  | { readonly fit: Omit<HeadFit, 'quantizer'> & { readonly quantizer: Uint8Array } }
  | { readonly error: HeadTaskError };

/** An error as plain data; `parts` where it is one of bitryoshka's. */
export interface HeadTaskError {
  readonly message: string;
  readonly parts?: { readonly code: string; readonly remedy: string } | undefined;
}
