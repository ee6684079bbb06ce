export type {
  Codes,
  ErrorCode,
  Matrix,
  Progress,
  Quantizer,
  Side,
  TaskOptions,
} from '@bitryoshka/core';
export { BitryoshkaError } from '@bitryoshka/core';
export type { Coverage, EmbedBinaryOptions } from './embeddings/matryoshka-embeddings.ts';
export { MatryoshkaEmbeddings } from './embeddings/matryoshka-embeddings.ts';
export type { MatryoshkaEmbeddingsOptions } from './embeddings/matryoshka-embeddings-options.ts';
export type { KnownModel } from './models/known-models.ts';
export { knownModels } from './models/known-models.ts';
export type { GivenFiles } from './models/model-files.ts';
export type { TokenCount } from './tokens/text-tokenizer.ts';
export type { TransformersLibrary } from './transformers/library.ts';
export type { Pooling } from './transformers/pooling.ts';
export type { WeightType } from './transformers/weights.ts';
