export type {
  BaselineRow,
  EvaluateBaselinesOptions,
} from './baselines/evaluate-baselines.ts';
export { evaluateBaselines } from './baselines/evaluate-baselines.ts';
export type { VectorFormat } from './bytes-per-vector.ts';
export { bytesPerVector } from './bytes-per-vector.ts';
export { compressionRatio } from './compression-ratio.ts';
export type {
  Contender,
  ContenderFitOptions,
  EvaluateOptions,
  EvaluationRow,
} from './evaluate.ts';
export { evaluate } from './evaluate.ts';
export { averagePrecision } from './metrics/average-precision.ts';
export { ndcg } from './metrics/ndcg.ts';
export { overlap } from './metrics/overlap.ts';
export { precision } from './metrics/precision.ts';
export type { RankingMetric, RankingMetrics } from './metrics/ranking-metrics.ts';
export { rankingMetrics } from './metrics/ranking-metrics.ts';
export { recall } from './metrics/recall.ts';
export { reciprocalRank } from './metrics/reciprocal-rank.ts';
export type { Relevance } from './metrics/relevance.ts';
export type { RetrievalTask } from './retrieval-task.ts';
export type {
  EvaluateSimilarityOptions,
  SimilarityRow,
} from './similarity/evaluate-similarity.ts';
export { evaluateSimilarity } from './similarity/evaluate-similarity.ts';
export type { SamplePairsOptions } from './similarity/sample-pairs.ts';
export { samplePairs } from './similarity/sample-pairs.ts';
export type { SimilarityTask } from './similarity/similarity-task.ts';
export type { BootstrapInterval } from './statistics/bootstrap-interval.ts';
export { bootstrapInterval } from './statistics/bootstrap-interval.ts';
export type { BootstrapOptions } from './statistics/bootstrap-options.ts';
export type { PairedDifference } from './statistics/paired-bootstrap.ts';
export { pairedBootstrap } from './statistics/paired-bootstrap.ts';
export { pearson } from './statistics/pearson.ts';
export { spearman } from './statistics/spearman.ts';
