import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, rowRange, toMatrix } from '../vectors/matrix.ts';
import type { StatisticsOptions } from './statistics-collector.ts';
import { StatisticsCollector } from './statistics-collector.ts';
import type { VectorStatistics } from './vector-statistics.ts';

export interface AnalyzeOptions extends StatisticsOptions, TaskOptions {}

const rowsPerRound = 4096;

/**
 * The statistics of vectors that are in memory; those that are not go through a
 * {@link StatisticsCollector}.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`
 */
export async function analyzeVectors(
  vectors: Vectors,
  options: AnalyzeOptions = {},
): Promise<VectorStatistics> {
  const matrix = toMatrix(vectors);
  checkNotEmpty(matrix);
  const { rows, columns } = matrix;
  const collector = new StatisticsCollector(columns, options);
  for (let start = 0; start < rows; start += rowsPerRound) {
    await checkpoint(options, { stage: 'analyze', done: start, total: rows });
    collector.add(rowRange(matrix, start, Math.min(rows, start + rowsPerRound)));
  }
  await checkpoint(options, { stage: 'analyze', done: rows, total: rows });
  return collector.result();
}
