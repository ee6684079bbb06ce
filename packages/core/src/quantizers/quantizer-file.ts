import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { decodeFile, encodeFile } from '../format/file.ts';
import type { Tensor } from '../format/safetensors.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { isFloat32Array } from '../vectors/typed-arrays.ts';
import type { FitReport } from './fit-report.ts';

/** What the file of every quantizer says of it, whatever its family: written and read here alone. */
export interface CommonFields {
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  readonly fitReport?: FitReport | undefined;
}

/** What the file of one family says besides. */
export interface QuantizerContent {
  /** Which loader reads it. Absent: that of affine maps. */
  readonly form?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** The same bytes every time. */
export function encodeQuantizer(
  { kind, inputDimensions, bits, fitReport }: CommonFields,
  { form, fields, tensors }: QuantizerContent,
): Uint8Array {
  return encodeFile({
    kind: 'quantizer',
    fields: {
      ...(form && { form }),
      kind,
      inputDimensions,
      bits,
      ...(fitReport && { fitReport }),
      ...fields,
    },
    tensors,
  });
}

/** A map as arrays of a file, `<name>_weights` and `<name>_bias`. */
export function mapTensors(name: string, { weights, bias }: AffineMap): Record<string, Tensor> {
  return {
    ...(weights && {
      [`${name}_weights`]: { shape: [weights.rows, weights.columns], data: weights.data },
    }),
    [`${name}_bias`]: { shape: [bias.length], data: bias },
  };
}

export function matrixTensor({ rows, columns, data }: Matrix): Tensor {
  return { shape: [rows, columns], data };
}

/** What a quantizer's file says, and its arrays, checked as they are asked for. */
export class QuantizerFile implements CommonFields {
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  readonly fitReport: FitReport | undefined;
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
    const { kind, inputDimensions, bits, fitReport } = fields;
    if (typeof kind !== 'string' || !isCount(inputDimensions) || !isCount(bits)) {
      throw invalidQuantizerFile(
        `got fields ${JSON.stringify(fields)}, expected kind, inputDimensions and bits`,
      );
    }
    this.kind = kind;
    this.inputDimensions = inputDimensions;
    this.bits = bits;
    if (fitReport !== undefined && !isFitReport(fitReport)) {
      throw invalidQuantizerFile(`got a report of its fit ${JSON.stringify(fitReport)}`);
    }
    this.fitReport = fitReport;
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

  matrix(name: string, rows: number, columns: number): Matrix {
    return { rows, columns, data: this.floats(name, [rows, columns]) };
  }

  /** What `mapTensors` wrote, with weights. */
  map(name: string, outputs: number, inputDimensions: number): AffineMap {
    const weights = this.matrix(`${name}_weights`, outputs, inputDimensions);
    return { weights, bias: this.floats(`${name}_bias`, [outputs]), inputDimensions };
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

function isFitReport(value: unknown): value is FitReport {
  const { asked, taken, recall, rerank, questions, documents } = Object(value) as Record<
    string,
    unknown
  >;
  return (
    typeof asked === 'string' &&
    typeof taken === 'string' &&
    (rerank === 0 || isCount(rerank)) &&
    isCount(questions) &&
    isCount(documents) &&
    typeof recall === 'object' &&
    Object.values(recall ?? {}).every((share) => typeof share === 'number')
  );
}
