import type { Matrix, Side } from '@bitryoshka/core';
import type { TextTokenizer } from '../tokens/text-tokenizer.ts';
import type { ModelFiles } from './model-files.ts';

/** A loaded model with what stands before and behind it: token ids of texts to one vector per text. */
export interface TextModel {
  /** Its own, and others beside them. */
  readonly files: ModelFiles;
  readonly tokenizer: TextTokenizer;
  readonly dimensions: number | undefined;
  /** Numbers of leading dimensions that it was trained for besides all; undefined where nobody says. */
  readonly matryoshka: readonly number[] | undefined;
  /** Put before every text of a side. */
  readonly prefixes: Readonly<Record<Side, string>>;
  /** Whether it was trained to be standardised before it is truncated. */
  readonly layerNorm: boolean;
  /** @param texts token ids, special tokens included; at least one text, and one token each */
  encode(texts: readonly (readonly number[])[], side: Side): Promise<Matrix>;
  /** What tells this model, run like this, from every other one. */
  identity(): Promise<ModelIdentity>;
  dispose(): Promise<void>;
}

interface ModelIdentity extends Readonly<Record<string, unknown>> {
  /** Of a whole vector. */
  readonly columns: number;
}

/** What a caller wants instead of what a model's files say. */
export interface TextModelOptions {
  readonly queryPrefix?: string | undefined;
  readonly documentPrefix?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly layerNorm?: boolean | undefined;
  readonly onFile?: ((done: number, total: number) => void) | undefined;
  readonly onWarning: (message: string) => void;
}
