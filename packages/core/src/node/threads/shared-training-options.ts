import type { HeadOptions } from '../../quantizers/learned/training-options.ts';
import { loadTrustedQuantizer } from '../../quantizers/load.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { shareVectors } from './share-vectors.ts';

/** What a head is to look like and to learn, for a thread. */
export interface SharedHeadOptions extends Omit<HeadOptions, 'from' | 'pairs' | 'onCheckpoint'> {
  /** The file of the head to train further. */
  readonly from: Uint8Array | undefined;
  readonly pairs:
    | {
        readonly queries: Matrix;
        readonly documents: Matrix;
        readonly negatives: Matrix | undefined;
      }
    | undefined;
  readonly wantsCheckpoints: boolean;
}

export async function shareHeadOptions(
  { from, pairs, onCheckpoint, ...plain }: HeadOptions,
  { columns, signal }: { readonly columns: number; readonly signal: AbortSignal | undefined },
): Promise<SharedHeadOptions> {
  const share = (part: 'queries' | 'documents' | 'negatives') => {
    const vectors = pairs?.[part];
    return vectors && shareVectors(vectors, { name: `pairs.${part}`, columns, signal });
  };
  return {
    ...plain,
    from: from?.save(),
    pairs: pairs && {
      queries: (await share('queries')) as Matrix,
      documents: (await share('documents')) as Matrix,
      negatives: await share('negatives'),
    },
    wantsCheckpoints: onCheckpoint !== undefined,
  };
}

/** The same in the thread. */
export function openHeadOptions(
  { from, wantsCheckpoints, ...plain }: SharedHeadOptions,
  onCheckpoint: HeadOptions['onCheckpoint'],
): HeadOptions {
  return {
    ...plain,
    from: from && loadTrustedQuantizer(from),
    onCheckpoint: wantsCheckpoints ? onCheckpoint : undefined,
  };
}
