export type { AnalyzeOptions } from './analyze-vectors.ts';
export { analyzeVectors } from './analyze-vectors.ts';
export type {
  DimensionDrift,
  Drift,
  DriftOptions,
  DriftRecommendation,
} from './measure-drift.ts';
export { measureDrift } from './measure-drift.ts';
export type { StatisticsOptions } from './statistics-collector.ts';
export { StatisticsCollector } from './statistics-collector.ts';
export type { StatisticsState } from './statistics-state.ts';
export type {
  Correlation,
  DimensionStatistics,
  EnergyByPosition,
  VectorStatistics,
} from './vector-statistics.ts';
