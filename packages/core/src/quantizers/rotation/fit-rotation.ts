import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { inTurns } from '../../progress/steps.ts';
import { composeWithMatrix } from '../../transforms/affine-map.ts';
import { fitCentring } from '../../transforms/centring.ts';
import {
  hadamardDimensions,
  isHadamardFaster,
  randomHadamardMap,
} from '../../transforms/hadamard-rotation.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitNestedItq } from '../../transforms/nested-itq.ts';
import { fitPca } from '../../transforms/pca.ts';
import { randomRotationSteps } from '../../transforms/random-rotation.ts';
import type { QuantizerFitter } from '../fitter.ts';
import { mostBits } from '../most-bits.ts';
import { nestedLengths } from '../nested-lengths.ts';
import { zeroThresholdQuantizer } from '../thresholds/fit-thresholds.ts';

/** Centred and rotated at random, in as many dimensions as there are bits where these are more. */
export const fitRandomQuantizer: QuantizerFitter = async (documents, { bits, seed, signal }) => {
  const { columns } = documents;
  // Before the bits size a rotation.
  checkBits(bits, columns);
  const centring = fitCentring(documents, columns);
  const map = isHadamardFaster(hadamardDimensions(columns, bits))
    ? randomHadamardMap(centring.bias, bits, seed)
    : composeWithMatrix(
        centring,
        await inTurns(randomRotationSteps(bits, columns, seed), { signal }),
      );
  return zeroThresholdQuantizer('random', map);
};

/** The leading principal components. */
export const fitPcaQuantizer: QuantizerFitter = async (documents, { bits, signal }) =>
  zeroThresholdQuantizer('pca', await fitPca(documents, { outputDimensions: bits, signal }));

/** The leading principal components, rotated so that taking signs loses least; in blocks if nested. */
export const fitItqQuantizer: QuantizerFitter = async (documents, { nested, ...options }) => {
  const { bits } = options;
  const map = nested
    ? await fitNestedItq(documents, nestedLengths(nested, bits), options)
    : await fitItq(documents, { ...options, outputDimensions: bits });
  return zeroThresholdQuantizer('itq', map);
};

function checkBits(bits: number, dimensions: number): void {
  const most = mostBits('random', dimensions);
  if (Number.isInteger(bits) && bits >= 1 && bits <= most) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `bits: got ${bits}, expected a whole number from 1 to ${most} for vectors of ${dimensions} dimensions.`,
    remedy: 'Correct bits.',
  });
}
