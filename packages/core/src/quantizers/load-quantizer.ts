import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { decodeFile } from '../format/file.ts';
import type { Tensor } from '../format/safetensors.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { AffineQuantizer } from './affine-quantizer.ts';
import type { Quantizer } from './quantizer.ts';

/**
 * Restores what `quantizer.save()` wrote.
 *
 * @throws BitryoshkaError `invalid-file`, `truncated-file`, `checksum-mismatch` or
 *   `unsupported-version`
 */
export function loadQuantizer(file: Uint8Array): Quantizer {
  const { fields, tensors } = decodeFile(file, 'quantizer');
  const { kind, inputDimensions, bits } = fields;
  if (typeof kind !== 'string' || !isCount(inputDimensions) || !isCount(bits)) {
    throw invalid(`got fields ${JSON.stringify(fields)}, expected kind, inputDimensions and bits`);
  }
  const values = (name: string, shape: readonly number[]): Float32Array =>
    floats(tensors[name], name, shape);
  return new AffineQuantizer({
    kind,
    map: {
      inputDimensions,
      bias: values('bias', [bits]),
      ...(tensors.weights && {
        weights: {
          rows: bits,
          columns: inputDimensions,
          data: values('weights', [bits, inputDimensions]),
        },
      }),
    },
    thresholds: {
      document: values('document_thresholds', [bits]),
      query: values('query_thresholds', [bits]),
    },
  });
}

function floats(tensor: Tensor | undefined, name: string, shape: readonly number[]): Float32Array {
  if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
    throw invalid(
      `tensor ${name}: got shape [${tensor?.shape.join() ?? 'none'}], expected [${shape.join()}] of F32`,
    );
  }
  const columns = tensor.data.length;
  return toMatrix({ rows: 1, columns, data: tensor.data }, { name }).data;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function invalid(message: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `quantizer file: ${message}.`,
    remedy: 'Save the quantizer again.',
  });
}
