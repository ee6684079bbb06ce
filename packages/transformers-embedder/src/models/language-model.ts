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

/** The part of the library's tokenizers that is used here. */
export interface LibraryTokenizer {
  encode(
    text: string,
    pair: null,
    options: { readonly add_special_tokens: boolean },
  ): readonly number[];
  /** In tokens; missing or astronomically large where the author set none. */
  readonly model_max_length?: number;
  readonly pad_token_id?: number;
  readonly added_tokens: readonly { readonly content: string }[];
  readonly normalizer: { readonly config?: { readonly type?: string } } | null;
  readonly model: {
    readonly config: { readonly type?: string };
    readonly vocab: readonly string[];
  };
}

/** What `config.json` may say and is used here. */
export interface ModelConfig {
  readonly max_position_embeddings?: number;
  readonly vocab_size?: number;
  /** Our own mark: the vector of a token does not depend on its neighbours. */
  readonly bitryoshka?: { readonly kind?: string };
}

/** A loaded model, cut off from the library that loaded it. */
export interface LanguageModel {
  /** Of its folder, or the last part of its hub id. */
  readonly name: string;
  readonly tokenizer: LibraryTokenizer;
  readonly config: ModelConfig;
  readonly inputNames: readonly string[];
  /** @throws BitryoshkaError `model-failed` */
  run(batch: TokenBatch): Promise<TokenVectors>;
  dispose(): Promise<void>;
}
