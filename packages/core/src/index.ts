export type { AnalyzeOptions } from './analysis/analyze-vectors.ts';
export { analyzeVectors } from './analysis/analyze-vectors.ts';
export type {
  DimensionDrift,
  Drift,
  DriftOptions,
  DriftRecommendation,
} from './analysis/measure-drift.ts';
export { measureDrift } from './analysis/measure-drift.ts';
export type { StatisticsOptions } from './analysis/statistics-collector.ts';
export { StatisticsCollector } from './analysis/statistics-collector.ts';
export type { StatisticsState } from './analysis/statistics-state.ts';
export type {
  Correlation,
  DimensionStatistics,
  EnergyByPosition,
  VectorStatistics,
} from './analysis/vector-statistics.ts';
export type { Codes } from './codes/codes.ts';
export { bitAt, bytesPerCode, packSigns } from './codes/codes.ts';
export type { ErrorCode, ErrorParts } from './errors/bitryoshka-error.ts';
export { BitryoshkaError } from './errors/bitryoshka-error.ts';
export type {
  BaselineRow,
  EvaluateBaselinesOptions,
} from './evaluation/baselines/evaluate-baselines.ts';
export { evaluateBaselines } from './evaluation/baselines/evaluate-baselines.ts';
export type { VectorFormat } from './evaluation/bytes-per-vector.ts';
export { bytesPerVector } from './evaluation/bytes-per-vector.ts';
export { compressionRatio } from './evaluation/compression-ratio.ts';
export type {
  Contender,
  ContenderFitOptions,
  EvaluateOptions,
  EvaluationRow,
} from './evaluation/evaluate.ts';
export { evaluate } from './evaluation/evaluate.ts';
export { averagePrecision } from './evaluation/metrics/average-precision.ts';
export { ndcg } from './evaluation/metrics/ndcg.ts';
export { overlap } from './evaluation/metrics/overlap.ts';
export { precision } from './evaluation/metrics/precision.ts';
export type { RankingMetric, RankingMetrics } from './evaluation/metrics/ranking-metrics.ts';
export { rankingMetrics } from './evaluation/metrics/ranking-metrics.ts';
export { recall } from './evaluation/metrics/recall.ts';
export { reciprocalRank } from './evaluation/metrics/reciprocal-rank.ts';
export type { Relevance } from './evaluation/metrics/relevance.ts';
export type { RetrievalTask } from './evaluation/retrieval-task.ts';
export type {
  EvaluateSimilarityOptions,
  SimilarityRow,
} from './evaluation/similarity/evaluate-similarity.ts';
export { evaluateSimilarity } from './evaluation/similarity/evaluate-similarity.ts';
export type { SamplePairsOptions } from './evaluation/similarity/sample-pairs.ts';
export { samplePairs } from './evaluation/similarity/sample-pairs.ts';
export type { SimilarityTask } from './evaluation/similarity/similarity-task.ts';
export type { BootstrapInterval } from './evaluation/statistics/bootstrap-interval.ts';
export { bootstrapInterval } from './evaluation/statistics/bootstrap-interval.ts';
export type { BootstrapOptions } from './evaluation/statistics/bootstrap-options.ts';
export type { PairedDifference } from './evaluation/statistics/paired-bootstrap.ts';
export { pairedBootstrap } from './evaluation/statistics/paired-bootstrap.ts';
export { pearson } from './evaluation/statistics/pearson.ts';
export { spearman } from './evaluation/statistics/spearman.ts';
export type { Safetensors, Tensor, TensorSlot } from './format/safetensors.ts';
export {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensorsHeader,
} from './format/safetensors.ts';
export { javascriptKernel } from './kernels/javascript-kernel.ts';
export type { CodeMemory, Kernel, NearestCodes } from './kernels/kernel.ts';
export type { VectorFormatName } from './kernels/vector-layout.ts';
export { createWasmKernel } from './kernels/wasm-kernel.ts';
export type { Progress, TaskOptions } from './progress/task-options.ts';
export { checkpoint } from './progress/task-options.ts';
export { unlessAborted } from './progress/unless-aborted.ts';
export { AdditiveDecoder } from './quantizers/additive-decoder.ts';
export type { Decoder } from './quantizers/decoder.ts';
export type { FitOptions } from './quantizers/fit-quantizer.ts';
export { fitQuantizer, quantizerKinds } from './quantizers/fit-quantizer.ts';
export type { LayoutCandidate, LayoutFamily } from './quantizers/groups/layout-candidates.ts';
export type { LayoutSegment } from './quantizers/groups/layout-segment.ts';
export type { LayoutPlan, PlanOptions } from './quantizers/groups/plan-layout.ts';
export { planLayout } from './quantizers/groups/plan-layout.ts';
export type { ScoredCandidate } from './quantizers/groups/score-candidates.ts';
export type { HeadFit } from './quantizers/head/fit-head.ts';
export { fitHead } from './quantizers/head/fit-head.ts';
export type { HeadFitOptions, HeadOptions } from './quantizers/head/head-options.ts';
export { HeadQuantizer } from './quantizers/head/head-quantizer.ts';
export type { HeadStage } from './quantizers/head/head-stages.ts';
export { LinearDecoder } from './quantizers/linear-decoder.ts';
export { loadQuantizer } from './quantizers/load-quantizer.ts';
export { mostBits } from './quantizers/most-bits.ts';
export type { Quantizer, Side } from './quantizers/quantizer.ts';
export type { QuantizerKind } from './quantizers/quantizer-fitters.ts';
export type { QuantileFitOptions } from './quantizers/thresholds/fit-quantile-quantizer.ts';
export { fitQuantileQuantizer } from './quantizers/thresholds/fit-quantile-quantizer.ts';
export type { RefineOptions } from './quantizers/thresholds/refine-thresholds.ts';
export { refineThresholds } from './quantizers/thresholds/refine-thresholds.ts';
export { addInBlocks } from './search/add-in-blocks.ts';
export type { AsyncSearchOptions } from './search/code-search.ts';
export { ExactIndex } from './search/exact-index.ts';
export type {
  FlatIndexOptions,
  FlatSearchOptions,
  NormStorage,
  Scoring,
  SearchDepth,
} from './search/flat-index.ts';
export { FlatIndex } from './search/flat-index.ts';
export { RowSet } from './search/row-set.ts';
export type { StoredVectors } from './search/stored-vectors.ts';
export type { ScoredRow } from './search/top-rows.ts';
export type { SearchOptions, VectorIndex } from './search/vector-index.ts';
export { VectorRows } from './search/vector-rows.ts';
export type { VectorSource, VectorStorage } from './search/vector-storage.ts';
export type { SaveAdapterOptions } from './training/adapter-file.ts';
export { loadAdapter, saveAdapter } from './training/adapter-file.ts';
export type {
  CorpusPair,
  CorpusPairKind,
  CorpusPairOptions,
  CorpusPassage,
} from './training/corpus-pairs.ts';
export { corpusPairKinds, corpusPairs } from './training/corpus-pairs.ts';
export type { CorpusLessons, LearnFromCorpusOptions } from './training/learn-from-corpus.ts';
export { learnFromCorpus } from './training/learn-from-corpus.ts';
export type { AdapterFit, AdapterOptions } from './training/train-adapter.ts';
export { trainAdapter } from './training/train-adapter.ts';
export type { CurvePoint } from './training/training-checkpoint.ts';
export type { TrainingPairs } from './training/training-pairs.ts';
export type { AffineMap } from './transforms/affine-map.ts';
export { applyAffineMap } from './transforms/affine-map.ts';
export type { MatryoshkaOptions } from './transforms/matryoshka.ts';
export { truncateMatryoshka } from './transforms/matryoshka.ts';
export type { PcaOptions } from './transforms/pca.ts';
export { fitPca } from './transforms/pca.ts';
export type { EstimateMarginOptions } from './tuning/estimate-margin.ts';
export { estimateMargin } from './tuning/estimate-margin.ts';
export type { RecallAtDepth, TuningResult, TuningRow } from './tuning/tune.ts';
export { tune } from './tuning/tune.ts';
export type { SearchTuning, SearchTuningRow, TuneSearchOptions } from './tuning/tune-search.ts';
export { tuneSearch } from './tuning/tune-search.ts';
export type { TuneOptions } from './tuning/tuning-options.ts';
export type { Matrix, ToMatrixOptions, Vectors } from './vectors/matrix.ts';
export { row, selectRows, toMatrix, toVector } from './vectors/matrix.ts';
export { inverseNorm, normalizeRows } from './vectors/normalize.ts';
export type { SampleVectorsOptions } from './vectors/sample-vectors.ts';
export { sampleVectors } from './vectors/sample-vectors.ts';
