import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';

/** For stores whose vectors are read or moved as they are, and that are asked no question. */
export const noEmbeddings: EmbeddingsInterface = {
  embedDocuments: () => Promise.reject(embedsNothing()),
  embedQuery: () => Promise.reject(embedsNothing()),
};

function embedsNothing(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: 'embeddings: got a text to embed, expected vectors alone.',
    remedy: 'Load the store with embeddings.',
  });
}
