import type { Pooling } from '../encoders/pooling.ts';
import { isStaticModel, staticEncoder } from '../encoders/static-encoder.ts';
import type { TokenEncoder } from '../encoders/token-encoder.ts';
import { transformerEncoder } from '../encoders/transformer-encoder.ts';
import type { LoadModelOptions } from '../models/load-model.ts';
import { loadModel } from '../models/load-model.ts';
import { TextTokenizer } from '../tokens/text-tokenizer.ts';
import { tokenLimit } from '../tokens/token-limit.ts';

/** A loaded model with what stands before and behind it. */
export interface Embedder {
  readonly tokenizer: TextTokenizer;
  readonly encoder: TokenEncoder;
  dispose(): Promise<void>;
}

export interface EmbedderOptions extends LoadModelOptions {
  readonly pooling: Pooling;
  readonly maxTokens?: number;
}

/** Loads a model and picks the way to run it. */
export async function loadEmbedder(model: string, options: EmbedderOptions): Promise<Embedder> {
  const loaded = await loadModel(model, options);
  const tokenizer = new TextTokenizer(loaded.tokenizer, tokenLimit(loaded, options.maxTokens));
  // Only the mean is a sum of rows.
  const encoder =
    options.pooling === 'mean' && isStaticModel(loaded)
      ? await staticEncoder(loaded)
      : transformerEncoder(loaded, options.pooling);
  return { tokenizer, encoder, dispose: () => loaded.dispose() };
}
