import type { Codes } from '../codes/codes.ts';
import { packSignsInBlocks } from '../codes/pack-signs-in-blocks.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import type { FitReport } from './fit-report.ts';
import type { Quantizer, Side } from './quantizer.ts';
import type { CommonFields, QuantizerContent } from './quantizer-file.ts';
import { encodeQuantizer } from './quantizer-file.ts';

/** What quantizers of every family have in common: a family says how unit vectors are projected, and what it saves. */
export abstract class BaseQuantizer implements Quantizer, CommonFields {
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  readonly fitReport: FitReport | undefined;

  constructor({ kind, inputDimensions, bits }: CommonFields) {
    this.kind = kind;
    this.inputDimensions = inputDimensions;
    this.bits = bits;
  }

  encode(vectors: Vectors, side: Side): Codes {
    return packSignsInBlocks(this.check(vectors), this.bits, (block) =>
      this.projectUnit(normalizeRows(block), side),
    );
  }

  project(vectors: Vectors, side: Side): Matrix {
    return this.projectUnit(normalizeRows(this.check(vectors)), side);
  }

  save(): Uint8Array {
    return encodeQuantizer(this, this.content());
  }

  /** @throws BitryoshkaError `dimension-mismatch` or `not-finite` */
  protected check(vectors: Vectors): Matrix {
    return toMatrix(vectors, { columns: this.inputDimensions });
  }

  /** The real values behind the bits of vectors of unit length. */
  protected abstract projectUnit(unit: Matrix, side: Side): Matrix;

  protected abstract content(): QuantizerContent;
}
