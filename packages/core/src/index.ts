export type { Codes } from './codes/codes.ts';
export { bitAt, bytesPerCode, packSigns } from './codes/codes.ts';
export type { ErrorCode, ErrorParts } from './errors/bitryoshka-error.ts';
export { BitryoshkaError } from './errors/bitryoshka-error.ts';
export type { ByteSource } from './format/checked-blocks.ts';
export type { VectorFormatName } from './kernels/scan/vector-layout.ts';
export type { Progress, TaskOptions } from './progress/task-options.ts';
export type { Decoder } from './quantizers/decoder.ts';
export type { FamilyOptions, QuantizerKind } from './quantizers/families.ts';
export { quantizerKinds } from './quantizers/families.ts';
export type { FitOptions } from './quantizers/fit.ts';
export { fitQuantizer } from './quantizers/fit.ts';
export type { FitReport } from './quantizers/fit-report.ts';
export type { CodeTrainingOptions } from './quantizers/learned/training-options.ts';
export { loadQuantizer } from './quantizers/load.ts';
export type { Quantizer, Side } from './quantizers/quantizer.ts';
export type {
  AutoIndexOptions,
  IndexKind,
  IndexState,
  LoadAutoIndexOptions,
  QuantizerFit,
  Refit,
  RefitOptions,
} from './search/auto-index.ts';
export { AutoIndex } from './search/auto-index.ts';
export type {
  AcceptOptions,
  BinaryIndexOptions,
  IndexSnapshot,
  IndexView,
  TuneFinderOptions,
} from './search/binary-index.ts';
export { BinaryIndex } from './search/binary-index.ts';
export { ExactIndex } from './search/exact-index.ts';
export type { FinderKind, FinderPlan } from './search/finders/finder.ts';
export type { GraphLinker, GraphOptions } from './search/finders/graph/graph.ts';
export { graph } from './search/finders/graph/graph.ts';
export type { ListsOptions } from './search/finders/lists/lists.ts';
export { lists } from './search/finders/lists/lists.ts';
export type { LoadIndexOptions, SaveIndexOptions } from './search/index-file.ts';
export { loadIndex, saveIndex } from './search/index-file.ts';
export type { AsyncSearchOptions } from './search/index-reader.ts';
export type { Scoring } from './search/ranking/code-scoring.ts';
export type { ScoredRow } from './search/ranking/top-k.ts';
export type { RowId } from './search/rows/row-id.ts';
export { RowSet } from './search/rows/row-set.ts';
export type { SearchDepth, SearchOptions } from './search/search-depth.ts';
export type { StoredVectors } from './search/vectors/stored-vectors.ts';
export type { VectorSource, VectorStorage } from './search/vectors/vector-storage.ts';
export type { AffineMap } from './transforms/affine-map.ts';
export { applyAffineMap } from './transforms/affine-map.ts';
export type { MatryoshkaOptions } from './transforms/matryoshka.ts';
export { truncateMatryoshka } from './transforms/matryoshka.ts';
export type { RecallAtDepth, TuningResult, TuningRow } from './tuning/tune.ts';
export { tune } from './tuning/tune.ts';
export type { SearchTuning, SearchTuningRow, TuneSearchOptions } from './tuning/tune-search.ts';
export { tuneSearch } from './tuning/tune-search.ts';
export type { TuneOptions } from './tuning/tuning-options.ts';
export type { Matrix, ToMatrixOptions, Vectors } from './vectors/matrix.ts';
export { row, selectRows, toMatrix } from './vectors/matrix.ts';
export { normalizeRows } from './vectors/normalize.ts';
