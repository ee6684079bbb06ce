import { composeWithMatrix } from '../../transforms/affine-map.ts';
import { fitCentring } from '../../transforms/centring.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitPca } from '../../transforms/pca.ts';
import { randomRotation } from '../../transforms/random-rotation.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { zeroThresholdQuantizer } from '../thresholds/threshold-quantizer.ts';

/** Centred and rotated at random. */
export const fitRandomQuantizer: QuantizerFitter = (documents, { bits, seed }) => {
  const { columns } = documents;
  // Before the bits size a rotation.
  checkOutputDimensions(columns, bits);
  const rotation = randomRotation(bits, columns, seed);
  return zeroThresholdQuantizer(
    'random',
    composeWithMatrix(fitCentring(documents, columns), rotation),
  );
};

/** The leading principal components. */
export const fitPcaQuantizer: QuantizerFitter = (documents, { bits }) =>
  zeroThresholdQuantizer('pca', fitPca(documents, { outputDimensions: bits }));

/** The leading principal components, rotated so that taking signs loses least. */
export const fitItqQuantizer: QuantizerFitter = async (documents, options) =>
  zeroThresholdQuantizer(
    'itq',
    await fitItq(documents, { ...options, outputDimensions: options.bits }),
  );
