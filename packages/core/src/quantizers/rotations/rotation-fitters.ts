import { composeWithMatrix } from '../../transforms/affine-map.ts';
import { fitCentring } from '../../transforms/centring.ts';
import { isHadamardFaster, randomHadamardMap } from '../../transforms/hadamard-rotation.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitNestedItq } from '../../transforms/nested-itq.ts';
import { fitPca } from '../../transforms/pca.ts';
import { randomRotation } from '../../transforms/random-rotation.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import { nestedLengths } from '../nested-lengths.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { zeroThresholdQuantizer } from '../thresholds/threshold-quantizer.ts';

/** Centred and rotated at random. */
export const fitRandomQuantizer: QuantizerFitter = (documents, { bits, seed }) => {
  const { columns } = documents;
  // Before the bits size a rotation.
  checkOutputDimensions(columns, bits);
  const centring = fitCentring(documents, columns);
  const map = isHadamardFaster(columns)
    ? randomHadamardMap(centring.bias, bits, seed)
    : composeWithMatrix(centring, randomRotation(bits, columns, seed));
  return zeroThresholdQuantizer('random', map);
};

/** The leading principal components. */
export const fitPcaQuantizer: QuantizerFitter = (documents, { bits }) =>
  zeroThresholdQuantizer('pca', fitPca(documents, { outputDimensions: bits }));

/** The leading principal components, rotated so that taking signs loses least; in blocks if nested. */
export const fitItqQuantizer: QuantizerFitter = async (documents, { nested, ...options }) => {
  const { bits } = options;
  const map = nested
    ? await fitNestedItq(documents, nestedLengths(nested, bits), options)
    : await fitItq(documents, { ...options, outputDimensions: bits });
  return zeroThresholdQuantizer('itq', map);
};
