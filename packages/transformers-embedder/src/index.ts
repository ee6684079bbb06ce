export { MatryoshkaEmbeddings } from './embeddings/matryoshka-embeddings.ts';
export type { MatryoshkaEmbeddingsOptions } from './embeddings/matryoshka-embeddings-options.ts';
export type { Pooling } from './encoders/pooling.ts';
export { bundledModel } from './models/bundled-model.ts';
