import type { Progress } from '@bitryoshka/core';
import type { EmbeddingsParams } from '@langchain/core/embeddings';
import type { Pooling } from '../encoders/pooling.ts';

export interface MatryoshkaEmbeddingsOptions extends EmbeddingsParams {
  /**
   * A local folder in the layout of transformers.js, or a hub id. What exists on disk, or starts with
   * `.` or `/`, is a folder. Default: the bundled model.
   */
  readonly model?: string;
  /** Default: `mean`. */
  readonly pooling?: Pooling;
  /** Scale vectors to unit length. Default: true. */
  readonly normalize?: boolean;
  /** Matryoshka truncation: how many leading dimensions to keep. Default: all. */
  readonly dimensions?: number;
  /** Standardise each vector before it is truncated, for models trained so. Default: false. */
  readonly layerNorm?: boolean;
  /** Put before every query, such as `query: `. Default: nothing. */
  readonly queryPrefix?: string;
  /** Put before every document, such as `passage: `. Default: nothing. */
  readonly documentPrefix?: string;
  /** Tokens of a text that are read, special tokens included. Default: as many as the model was trained for. */
  readonly maxTokens?: number;
  /** Texts that run through the model at once; memory grows with it. Default: 16. */
  readonly batchSize?: number;
  /** Read `onnx/model_quantized.onnx` instead of `onnx/model.onnx`. Default: true. */
  readonly quantized?: boolean;
  /** Where files from the hub are kept. Default: the folder that transformers.js uses. */
  readonly cacheDirectory?: string;
  /** Called while the model loads (stage `load`, in files) and after every batch (`embed`, in texts). */
  readonly onProgress?: (progress: Progress) => void;
}
