import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { decodeFile } from '../format/file.ts';
import type { Tensor } from '../format/safetensors.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { isFloat32Array } from '../vectors/typed-arrays.ts';

/** What every quantizer's file says, and its arrays, checked as they are asked for. */
export class QuantizerFile {
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly isTrusted: boolean;

  /**
   * @param isTrusted whether its hash need not be computed
   * @throws BitryoshkaError `invalid-file`, `truncated-file`, `checksum-mismatch` or
   *   `unsupported-version`
   */
  constructor(file: Uint8Array, isTrusted: boolean) {
    const { fields, tensors } = decodeFile(file, 'quantizer', isTrusted);
    const { kind, inputDimensions, bits } = fields;
    if (typeof kind !== 'string' || !isCount(inputDimensions) || !isCount(bits)) {
      throw invalidQuantizerFile(
        `got fields ${JSON.stringify(fields)}, expected kind, inputDimensions and bits`,
      );
    }
    this.kind = kind;
    this.inputDimensions = inputDimensions;
    this.bits = bits;
    this.fields = fields;
    this.tensors = tensors;
    this.isTrusted = isTrusted;
  }

  /** An array of finite float32 with exactly this shape. */
  floats(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.tensors[name];
    if (!isFloat32Array(tensor?.data) || tensor.shape.join() !== shape.join()) {
      throw invalidQuantizerFile(
        `tensor ${name}: got shape [${tensor?.shape.join() ?? 'none'}], expected [${shape.join()}] of F32`,
      );
    }
    const columns = tensor.data.length;
    return toMatrix({ rows: 1, columns, data: tensor.data }, { name }).data;
  }
}

export function invalidQuantizerFile(message: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `quantizer file: ${message}.`,
    remedy: 'Save the quantizer again.',
  });
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}
