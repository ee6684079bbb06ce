import type { Matrix } from '@bitryoshka/core';
import { bitAt, normalizeRows } from '@bitryoshka/core';
import type { NamedQuantizer } from './inspected-quantizer.ts';
import type { BitCorrelation } from './report-data.ts';
import { spacedRows } from './spaced-rows.ts';

/** As many bits as a map still shows one by one. */
const maximumBits = 64;
/** Enough for correlations to be known to about two hundredths. */
const maximumRows = 4096;

/** Correlations between the leading bits of documents, and between as many leading dimensions. */
export function correlateBits(
  documents: Matrix,
  { name, quantizer }: NamedQuantizer,
): BitCorrelation {
  const sample = spacedRows(documents, maximumRows);
  const unit = normalizeRows(sample);
  const codes = quantizer.encode(sample, 'document');
  const size = Math.min(maximumBits, quantizer.bits, documents.columns);
  return {
    quantizer: name,
    bits: correlate(sample.rows, size, (row, bit) => bitAt(codes, row, bit)),
    dimensions: correlate(sample.rows, size, (row, j) => unit.data[row * unit.columns + j]!),
  };
}

/** Pearson correlations of `size` columns; 0 where a column is constant. */
function correlate(
  rows: number,
  size: number,
  value: (row: number, column: number) => number,
): number[][] {
  const columns = Array.from({ length: size }, (_, column) =>
    standardize(Float64Array.from({ length: rows }, (_row, row) => value(row, column))),
  );
  return columns.map((a) => columns.map((b) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)));
}

/** Centred and of length one, or all zeros. */
function standardize(column: Float64Array): Float64Array {
  const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
  const centred = column.map((x) => x - mean);
  const length = Math.sqrt(centred.reduce((sum, x) => sum + x * x, 0));
  return centred.map((x) => (length > 0 ? x / length : 0));
}
