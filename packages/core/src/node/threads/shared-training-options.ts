import type { CodeTrainingOptions } from '../../quantizers/learned/training-options.ts';
import { loadTrustedQuantizer } from '../../quantizers/load.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { shareVectors } from './share-vectors.ts';

/** What trained codes are to look like and to learn, for a thread. */
export interface SharedTrainingOptions
  extends Omit<CodeTrainingOptions, 'from' | 'pairs' | 'onCheckpoint'> {
  /** The file of the codes to train further. */
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

export async function shareTrainingOptions(
  { from, pairs, onCheckpoint, ...plain }: CodeTrainingOptions,
  { columns, signal }: { readonly columns: number; readonly signal: AbortSignal | undefined },
): Promise<SharedTrainingOptions> {
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
export function openTrainingOptions(
  { from, wantsCheckpoints, ...plain }: SharedTrainingOptions,
  onCheckpoint: CodeTrainingOptions['onCheckpoint'],
): CodeTrainingOptions {
  return {
    ...plain,
    from: from && loadTrustedQuantizer(from),
    onCheckpoint: wantsCheckpoints ? onCheckpoint : undefined,
  };
}
