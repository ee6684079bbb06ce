import type { Matrix } from '@bitryoshka/core';
import type { TokenSource } from '../tokens/text-tokenizer.ts';

/** The tokens of several texts, padded to one length: `rows x positions`, row after row. */
export interface TokenBatch {
  readonly rows: number;
  readonly positions: number;
  readonly ids: BigInt64Array;
  /** 1 for a token, 0 for padding. */
  readonly mask: BigInt64Array;
}

/** One vector per token: `rows x positions x columns` values, row after row. */
export interface TokenVectors {
  readonly rows: number;
  readonly positions: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** What a model gives for a batch: a vector per token, or one per text where it pools by itself. */
export type ModelOutput =
  | { readonly kind: 'tokens'; readonly vectors: TokenVectors }
  | { readonly kind: 'texts'; readonly vectors: Matrix };

/** A loaded transformer, cut off from the library that loaded it. */
export interface LanguageModel {
  readonly tokenizer: TokenSource;
  readonly padId: number;
  /** Tokens that the model can read; undefined where neither it nor its tokenizer says. */
  readonly longest: number | undefined;
  /** @throws BitryoshkaError `model-failed` */
  run(batch: TokenBatch): Promise<ModelOutput>;
  dispose(): Promise<void>;
}
