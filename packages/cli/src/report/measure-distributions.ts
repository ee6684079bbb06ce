import type { Matrix, Quantizer, Side } from '@bitryoshka/core';
import { normalizeRows } from '@bitryoshka/core';
import type { RetrievalTask } from '@bitryoshka/core/evaluation';
import type { NamedQuantizer } from './inspected-quantizer.ts';
import type { DistributionPanel, Distributions } from './report-data.ts';
import { spacedRows } from './spaced-rows.ts';

const panelCount = 12;
const binCount = 28;
const maximumRows = 20_000;
/** Beyond how many standard deviations values are counted in the outermost bin. */
const widest = 8;
/** Float32 rounding of a unit vector's values, with room. */
const tolerance = 1e-5;

/** What is drawn: values of both sides, and thresholds in the unit of the values. */
interface Source {
  readonly of: Distributions['of'];
  readonly values: Readonly<Record<Side, Matrix>>;
  readonly thresholds: readonly SourceThresholds[];
}

interface SourceThresholds extends Readonly<Record<Side, Float32Array>> {
  readonly quantizer: string;
}

/**
 * A dozen dimensions, from the most lopsided to the most centred, with the thresholds of every
 * quantizer whose bits are thresholded dimensions. Where there is none: the projected values of the
 * first quantizer.
 */
export function measureDistributions(
  task: RetrievalTask,
  inspected: readonly NamedQuantizer[],
): Distributions {
  const source = chooseSource(task, inspected);
  const { document } = source.values;
  const columns = Array.from({ length: document.columns }, (_, index) => describe(document, index))
    .filter(({ deviation }) => deviation > 0)
    .sort((a, b) => Math.abs(b.mean / b.deviation) - Math.abs(a.mean / a.deviation));
  const chosen = columns.filter((_, i) => {
    const step = Math.max(1, (columns.length - 1) / (panelCount - 1));
    return Math.round(Math.round(i / step) * step) === i;
  });
  const edges = commonEdges(source, chosen);
  return {
    of: source.of,
    edges,
    panels: chosen.map((column) => makePanel(source, column, edges)),
  };
}

function chooseSource(task: RetrievalTask, inspected: readonly NamedQuantizer[]): Source {
  const sample: Record<Side, Matrix> = {
    document: spacedRows(task.documents, maximumRows),
    query: spacedRows(task.queries, maximumRows),
  };
  const values = { document: normalizeRows(sample.document), query: normalizeRows(sample.query) };
  const thresholds = inspected.flatMap(({ name, quantizer }) => {
    const document = thresholdsOf(quantizer, values.document, 'document');
    const fittedQuery = thresholdsOf(quantizer, values.query, 'query');
    if (!document || !fittedQuery) return [];
    // Thresholds that were fitted to both sides at once come out different by a rounding.
    const query = fittedQuery.map((threshold, j) =>
      Math.abs(threshold - document[j]!) > tolerance ? threshold : document[j]!,
    );
    return [{ quantizer: name, document, query }];
  });
  if (thresholds.length > 0) {
    const width = Math.max(...thresholds.map(({ document }) => document.length));
    return {
      of: 'dimension',
      values: { document: leading(values.document, width), query: leading(values.query, width) },
      thresholds,
    };
  }
  const { name, quantizer } = inspected[0]!;
  const zero = new Float32Array(quantizer.bits);
  return {
    of: 'bit',
    values: {
      document: quantizer.project(sample.document, 'document'),
      query: quantizer.project(sample.query, 'query'),
    },
    thresholds: [{ quantizer: name, document: zero, query: zero }],
  };
}

/**
 * What is subtracted from each dimension before its sign is taken, or nothing for a quantizer that does
 * anything else: the projection of such a quantizer differs from the vector by the same everywhere.
 */
function thresholdsOf(quantizer: Quantizer, unit: Matrix, side: Side): Float32Array | undefined {
  if (quantizer.bits > unit.columns) return undefined;
  const probes = spacedRows(unit, 32);
  const projected = quantizer.project(probes, side);
  const difference = (row: number, j: number) =>
    probes.data[row * probes.columns + j]! - projected.data[row * projected.columns + j]!;
  const thresholds = new Float32Array(quantizer.bits);
  for (let j = 0; j < quantizer.bits; j++) {
    for (let i = 0; i < probes.rows; i++) {
      if (i > 0 && Math.abs(difference(i, j) - difference(0, j)) > tolerance) return undefined;
    }
    thresholds[j] = difference(0, j);
  }
  return thresholds;
}

function leading({ rows, columns, data }: Matrix, width: number): Matrix {
  const cut = { rows, columns: width, data: new Float32Array(rows * width) };
  for (let i = 0; i < rows; i++) {
    cut.data.set(data.subarray(i * columns, i * columns + width), i * width);
  }
  return cut;
}

interface Column {
  readonly index: number;
  readonly mean: number;
  readonly deviation: number;
}

function describe({ rows, columns, data }: Matrix, index: number): Column {
  let sum = 0;
  let squares = 0;
  for (let i = index; i < data.length; i += columns) {
    sum += data[i]!;
    squares += data[i]! ** 2;
  }
  const mean = sum / rows;
  return { index, mean, deviation: Math.sqrt(Math.max(0, squares / rows - mean ** 2)) };
}

function commonEdges({ values }: Source, columns: readonly Column[]): number[] {
  let low = 0;
  let high = 0;
  for (const { index, deviation } of columns) {
    for (const side of [values.document, values.query]) {
      for (let i = index; i < side.data.length; i += side.columns) {
        low = Math.min(low, side.data[i]! / deviation);
        high = Math.max(high, side.data[i]! / deviation);
      }
    }
  }
  const start = Math.max(-widest, low);
  const width = (Math.min(widest, high) - start) / binCount;
  return Array.from({ length: binCount + 1 }, (_, i) => start + i * width);
}

function makePanel(
  { values, thresholds }: Source,
  { index, deviation }: Column,
  edges: readonly number[],
): DistributionPanel {
  return {
    index,
    shares: {
      document: histogram(values.document, index, deviation, edges),
      query: histogram(values.query, index, deviation, edges),
    },
    thresholds: thresholds
      .filter(({ document }) => index < document.length)
      .map(({ quantizer, document, query }) => ({
        quantizer,
        document: document[index]! / deviation,
        query: query[index]! / deviation,
      }))
      // A dimension that is left out has its threshold at infinity.
      .filter(
        (threshold) => Number.isFinite(threshold.document) && Number.isFinite(threshold.query),
      ),
  };
}

function histogram(
  { rows, columns, data }: Matrix,
  index: number,
  unit: number,
  edges: readonly number[],
): number[] {
  const start = edges[0]!;
  const width = edges[1]! - start;
  const shares = Array.from({ length: binCount }, () => 0);
  for (let i = index; i < data.length; i += columns) {
    const bin = Math.floor((data[i]! / unit - start) / width);
    shares[Math.min(binCount - 1, Math.max(0, bin))]! += 1 / rows;
  }
  return shares;
}
