import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { decodeFile, encodeFile } from '../format/file.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { isFloat32Array } from '../vectors/typed-arrays.ts';

export interface SaveAdapterOptions {
  /** Write float16, which halves the file. Default: false. */
  readonly half?: boolean | undefined;
}

/**
 * An adapter as a file, to keep what `trainAdapter` has learned. The same adapter gives the same bytes.
 *
 * @throws BitryoshkaError `invalid-option` for a map without weights
 */
export function saveAdapter(map: AffineMap, { half = false }: SaveAdapterOptions = {}): Uint8Array {
  const { weights, bias, inputDimensions } = map;
  if (!weights) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: 'map: got one without weights, expected one that trainAdapter has made.',
      remedy: 'Truncation needs no adapter: set the number of dimensions.',
    });
  }
  const { rows, columns, data } = weights;
  return encodeFile({
    kind: 'adapter',
    fields: { inputDimensions, outputDimensions: rows },
    tensors: {
      weights: { shape: [rows, columns], data, half },
      bias: { shape: [rows], data: bias, half },
    },
  });
}

/**
 * @throws BitryoshkaError `invalid-file`, `truncated-file`, `checksum-mismatch` or `unsupported-version`
 */
export function loadAdapter(file: Uint8Array): AffineMap {
  const { tensors } = decodeFile(file, 'adapter');
  const { weights, bias } = tensors;
  const [rows = 0, columns = 0] = weights?.shape ?? [];
  if (
    !isFloat32Array(weights?.data) ||
    !isFloat32Array(bias?.data) ||
    rows * columns === 0 ||
    bias.data.length !== rows
  ) {
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `adapter file: got weights of [${weights?.shape.join() ?? 'none'}] and a bias of [${bias?.shape.join() ?? 'none'}], expected outputs x inputs and outputs.`,
      remedy: 'Save the adapter again.',
    });
  }
  const matrix = toMatrix({ rows, columns, data: weights.data }, { name: 'weights' });
  toMatrix({ rows: 1, columns: rows, data: bias.data }, { name: 'bias' });
  return { weights: matrix, bias: bias.data, inputDimensions: columns };
}
