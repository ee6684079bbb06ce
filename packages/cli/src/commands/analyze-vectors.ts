import type { Drift, VectorStatistics } from '@bitryoshka/core/analysis';
import { analyzeVectors as analyze, measureDrift } from '@bitryoshka/core/analysis';
import { print, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { renderTable } from '../terminal/render-table.ts';
import type { VectorPlace } from '../vectors/read-document-vectors.ts';
import { readDocumentVectors } from '../vectors/read-document-vectors.ts';
import { mean } from './mean.ts';
import { notableDimensions } from './notable-dimensions.ts';

export interface AnalyzeVectorsOptions extends VectorPlace {
  /** The vectors to compare with: those that a quantizer was fitted on. */
  readonly against?: string;
  readonly json: boolean;
}

/** Lines of a table; the rest is in the JSON. */
const most = 10;

/** `bitryoshka analyze`: the distribution of stored vectors, and how far they moved from others. */
export async function analyzeVectors(
  path: string,
  { against, json, ...place }: AnalyzeVectorsOptions,
): Promise<void> {
  const statistics = await analyzeFile(path, place);
  const drift =
    against === undefined
      ? undefined
      : measureDrift(await analyzeFile(against, place), statistics, { worst: most });
  if (json) {
    printJson({ statistics, ...(drift && { drift }) });
    return;
  }
  print(`${path}: ${summary(statistics)}`);
  printNotable(statistics);
  if (drift) printDrift(drift, against ?? '');
}

async function analyzeFile(path: string, place: VectorPlace): Promise<VectorStatistics> {
  const { vectors } = await readDocumentVectors(path, place);
  const bar = new ProgressBar();
  return analyze(vectors, { onProgress: bar.update }).finally(() => bar.stop());
}

function summary(statistics: VectorStatistics): string {
  const { count, dimensions, anisotropy, effectiveRank, energy, correlations } = statistics;
  const half = Math.ceil(dimensions.length / 2) - 1;
  const entropies = dimensions.map(({ bitEntropy }) => bitEntropy);
  const [strongest] = correlations;
  return [
    `${count} vectors of ${dimensions.length} dimensions`,
    `  anisotropy       ${anisotropy.toFixed(3)} (0: all directions, 1: one)`,
    `  effective rank   ${effectiveRank?.toFixed(1) ?? 'none'} of ${dimensions.length}`,
    `  sign bits        entropy ${mean(entropies).toFixed(3)} on average, ${Math.min(...entropies).toFixed(3)} at least`,
    `  leading half     ${percent(energy.secondMoment[half])} of the energy, ${percent(energy.variance[half])} of the variance; ${orderOf(statistics)}`,
    `  correlations     ${strongest ? `|r| up to ${Math.abs(strongest.r).toFixed(2)} (dimensions ${strongest.first} and ${strongest.second})` : 'none'}`,
  ].join('\n');
}

/** Three standard deviations of a rank correlation that is zero tell an order from chance. */
function orderOf({ energy: { trend }, dimensions }: VectorStatistics): string {
  const score = (trend ?? 0) * Math.sqrt(dimensions.length - 1);
  if (score < -3) return 'it falls with the position, as in Matryoshka models';
  return score > 3 ? 'it rises with the position' : 'it does not depend on the position';
}

function printNotable(statistics: VectorStatistics): void {
  const notable = notableDimensions(statistics);
  if (notable.length === 0) {
    print('No dimension stands out.');
    return;
  }
  const rows = notable.slice(0, most).flatMap(({ dimension, reasons }) => {
    const found = statistics.dimensions[dimension];
    if (!found) return [];
    return [
      [
        String(dimension),
        found.mean.toPrecision(3),
        Math.sqrt(found.variance).toPrecision(3),
        number(found.skewness),
        number(found.excessKurtosis),
        percent(found.shareAboveZero),
        found.bitEntropy.toFixed(3),
        reasons.join(', '),
      ],
    ];
  });
  print(`${notable.length} notable dimensions${notable.length > most ? ', the first' : ''}:`);
  const head = ['dimension', 'mean', 'deviation', 'skewness', 'kurtosis', '> 0', 'entropy', 'why'];
  print(renderTable(head, rows));
}

function printDrift({ score, recommendation, worst }: Drift, against: string): void {
  const advice = {
    none: 'nothing to do',
    watch: 'look again soon',
    refit: 'fit the quantizer again',
  }[recommendation];
  print(`drift from ${against}: ${score.toFixed(3)}, ${advice} (${recommendation})`);
  print(
    renderTable(
      ['dimension', 'PSI', 'Kolmogorov–Smirnov', 'share of ones'],
      worst.map(({ dimension, stabilityIndex, kolmogorovSmirnov, balanceChange }) => [
        String(dimension),
        stabilityIndex.toFixed(3),
        kolmogorovSmirnov.toFixed(3),
        `${balanceChange < 0 ? '' : '+'}${(100 * balanceChange).toFixed(1)} %`,
      ]),
    ),
  );
}

function number(value: number | null): string {
  return value === null ? '' : value.toFixed(2);
}

function percent(share = 0): string {
  return `${(100 * share).toFixed(1)} %`;
}
