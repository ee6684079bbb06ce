export type { LayoutSegment } from './quantizers/groups/arrange-layout.ts';
export type { LayoutCandidate, LayoutFamily } from './quantizers/groups/layout-candidates.ts';
export type { LayoutPlan, PlanOptions, ScoredCandidate } from './quantizers/groups/plan-layout.ts';
export { planLayout } from './quantizers/groups/plan-layout.ts';
export type { LearnedQuantizer } from './quantizers/learned/learned-quantizer.ts';
export type { TrainedCodes } from './quantizers/learned/train-codes.ts';
export { trainCodes } from './quantizers/learned/train-codes.ts';
export type {
  CodeTrainingOptions,
  TrainCodesOptions,
} from './quantizers/learned/training-options.ts';
export type { TrainingStage } from './quantizers/learned/training-stages.ts';
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
