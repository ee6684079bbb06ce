import { inTurns } from '../../progress/steps.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { composeWithMatrix } from '../../transforms/affine-map.ts';
import { fitCentring } from '../../transforms/centring.ts';
import type { HadamardMap } from '../../transforms/hadamard-rotation.ts';
import {
  hadamardDimensions,
  isHadamardFaster,
  randomHadamardMap,
} from '../../transforms/hadamard-rotation.ts';
import { fitItq } from '../../transforms/itq.ts';
import { fitNestedItq } from '../../transforms/nested-itq.ts';
import { fitPca } from '../../transforms/pca.ts';
import { randomRotationSteps } from '../../transforms/random-rotation.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { AffineQuantizer } from '../affine-quantizer.ts';
import type { FamilyFitter, FitterOptions } from '../fitter.ts';
import { checkChoice, invalidOption, nestedLengths } from '../fitter.ts';

export interface RotationOptions {
  /**
   * - `random`: centred and rotated at random, in as many dimensions as there are bits where these are more.
   * - `pca`: the leading principal components.
   * - `itq`: these, rotated so that taking signs loses least. The default.
   */
  readonly basis?: 'random' | 'pca' | 'itq' | undefined;
  /**
   * Lengths of leading parts of a code that are to be good codes as well, such as an index with prefixes scans; for
   * `itq`. Default: none but the whole.
   */
  readonly nested?: readonly number[] | undefined;
}

/** Bits for each dimension: half as many miss hardly a neighbour any more. */
const mostBitsPerDimension = 8;

/** The longest code of random directions. */
export function mostRandomBits(dimensions: number): number {
  return mostBitsPerDimension * dimensions;
}

/** Rotates, and asks of each output whether it is above zero. */
export const fitRotation: FamilyFitter<RotationOptions> = async (documents, options, own) => {
  const { basis = 'itq', nested } = own;
  checkChoice('rotation.basis', basis, ['random', 'pca', 'itq']);
  if (nested && basis !== 'itq') {
    throw invalidOption('rotation.nested', `lengths for ${basis}`, 'them for basis "itq" alone');
  }
  const map =
    basis === 'random'
      ? await randomMap(documents, options)
      : await componentMap(documents, options, own);
  return new AffineQuantizer({ kind: basis, map });
};

async function randomMap(
  documents: Matrix,
  { bits, seed, signal }: FitterOptions,
): Promise<AffineMap | HadamardMap> {
  const { columns } = documents;
  const most = mostRandomBits(columns);
  // Before the bits size a rotation.
  if (!Number.isInteger(bits) || bits < 1 || bits > most) {
    const expected = `a whole number from 1 to ${most} for vectors of ${columns} dimensions`;
    throw invalidOption('bits', bits, expected);
  }
  const centring = fitCentring(documents, columns);
  if (isHadamardFaster(hadamardDimensions(columns, bits))) {
    return randomHadamardMap(centring.bias, bits, seed);
  }
  const rotation = await inTurns(randomRotationSteps(bits, columns, seed), { signal });
  return composeWithMatrix(centring, rotation);
}

function componentMap(
  documents: Matrix,
  options: FitterOptions,
  { basis, nested }: RotationOptions,
): Promise<AffineMap> {
  const { bits, signal } = options;
  if (basis === 'pca') return fitPca(documents, { outputDimensions: bits, signal });
  return nested
    ? fitNestedItq(documents, nestedLengths(nested, bits), options)
    : fitItq(documents, { ...options, outputDimensions: bits });
}
