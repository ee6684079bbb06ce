export type { LayoutCandidate, LayoutFamily } from './quantizers/groups/layout-candidates.ts';
export type { LayoutSegment } from './quantizers/groups/layout-segment.ts';
export type { LayoutPlan, PlanOptions } from './quantizers/groups/plan-layout.ts';
export { planLayout } from './quantizers/groups/plan-layout.ts';
export type { ScoredCandidate } from './quantizers/groups/score-candidates.ts';
export type { HeadQuantizer } from './quantizers/learned/learned-quantizer.ts';
export type { HeadFit } from './quantizers/learned/train-codes.ts';
export { fitHead } from './quantizers/learned/train-codes.ts';
export type { HeadFitOptions, HeadOptions } from './quantizers/learned/training-options.ts';
export type { HeadStage } from './quantizers/learned/training-stages.ts';
export type { QuantileFitOptions } from './quantizers/thresholds/fit-quantile-quantizer.ts';
export { fitQuantileQuantizer } from './quantizers/thresholds/fit-quantile-quantizer.ts';
export type { RefineOptions } from './quantizers/thresholds/refine-thresholds.ts';
export { refineThresholds } from './quantizers/thresholds/refine-thresholds.ts';
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
export type { SampleVectorsOptions } from './vectors/sample-vectors.ts';
export { sampleVectors } from './vectors/sample-vectors.ts';
