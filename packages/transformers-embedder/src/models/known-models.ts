import type { Pooling } from '../transformers/pooling.ts';

/** What is known of a model that people run, for where its own files do not say. */
export interface KnownModel {
  /** On the hub. Exports under other owners are known by the last part, or by an alias. */
  readonly id: string;
  /** Last parts of the ids of exports that are called otherwise. */
  readonly aliases?: readonly string[];
  readonly dimensions: number;
  /**
   * Numbers of leading dimensions that it was trained for besides all; none for a model that was not,
   * undefined for one that was but whose authors name none, or any.
   */
  readonly matryoshka?: readonly number[];
  readonly pooling: Pooling;
  readonly queryPrefix?: string;
  readonly documentPrefix?: string;
  /** Standardise before truncating, as it was trained. */
  readonly layerNorm?: boolean;
  /** Tokens that it was trained to read, where its tokenizer says more. */
  readonly maxTokens?: number;
  readonly licence: string;
  /** Where this is said. */
  readonly source: string;
}

/** Of several families, for queries alone. */
const searchPrefix = 'Represent this sentence for searching relevant passages: ';

export const knownModels: readonly KnownModel[] = [
  {
    id: 'nomic-ai/nomic-embed-text-v1.5',
    dimensions: 768,
    matryoshka: [512, 256, 128, 64],
    pooling: 'mean',
    queryPrefix: 'search_query: ',
    documentPrefix: 'search_document: ',
    layerNorm: true,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/nomic-ai/nomic-embed-text-v1.5',
  },
  {
    id: 'nomic-ai/modernbert-embed-base',
    dimensions: 768,
    matryoshka: [256],
    pooling: 'mean',
    queryPrefix: 'search_query: ',
    documentPrefix: 'search_document: ',
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/nomic-ai/modernbert-embed-base',
  },
  {
    // Dense layers stand behind the pooling; the export holds them.
    id: 'google/embeddinggemma-300m',
    aliases: ['embeddinggemma-300m-ONNX'],
    dimensions: 768,
    matryoshka: [512, 256, 128],
    pooling: 'mean',
    queryPrefix: 'task: search result | query: ',
    documentPrefix: 'title: none | text: ',
    licence: 'gemma',
    source: 'https://huggingface.co/google/embeddinggemma-300m',
  },
  {
    // Truncation is inherited from its teacher, snowflake-arctic-embed-m-v1.5.
    id: 'MongoDB/mdbr-leaf-ir',
    aliases: ['mdbr-leaf-ir-ONNX'],
    dimensions: 768,
    matryoshka: [256],
    pooling: 'mean',
    queryPrefix: searchPrefix,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/MongoDB/mdbr-leaf-ir',
  },
  {
    id: 'Snowflake/snowflake-arctic-embed-m-v1.5',
    dimensions: 768,
    matryoshka: [256],
    pooling: 'cls',
    queryPrefix: searchPrefix,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/Snowflake/snowflake-arctic-embed-m-v1.5',
  },
  {
    id: 'mixedbread-ai/mxbai-embed-large-v1',
    dimensions: 1024,
    matryoshka: [512, 256, 128, 64],
    pooling: 'cls',
    queryPrefix: searchPrefix,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/mixedbread-ai/mxbai-embed-large-v1',
  },
  {
    id: 'mixedbread-ai/mxbai-embed-xsmall-v1',
    dimensions: 384,
    pooling: 'mean',
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/mixedbread-ai/mxbai-embed-xsmall-v1',
  },
  {
    // The alias holds the adapter for search in its weights, and the ONNX export.
    id: 'jinaai/jina-embeddings-v5-text-nano',
    aliases: ['jina-embeddings-v5-text-nano-retrieval'],
    dimensions: 768,
    matryoshka: [512, 256, 128, 64, 32],
    pooling: 'last-token',
    queryPrefix: 'Query: ',
    documentPrefix: 'Document: ',
    licence: 'CC-BY-NC-4.0',
    source: 'https://huggingface.co/jinaai/jina-embeddings-v5-text-nano',
  },
  {
    // Any number from 32 on is supported. No space follows the prefix.
    id: 'Qwen/Qwen3-Embedding-0.6B',
    aliases: ['Qwen3-Embedding-0.6B-ONNX'],
    dimensions: 1024,
    pooling: 'last-token',
    queryPrefix:
      'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:',
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/Qwen/Qwen3-Embedding-0.6B',
  },
  {
    // Any number from 128 on is supported. Its int8 vectors are the tanh of this mean.
    id: 'perplexity-ai/pplx-embed-v1-0.6b',
    dimensions: 1024,
    pooling: 'mean',
    licence: 'MIT',
    source: 'https://huggingface.co/perplexity-ai/pplx-embed-v1-0.6b',
  },
  {
    id: 'voyageai/voyage-4-nano',
    aliases: ['voyage-4-nano-ONNX'],
    dimensions: 2048,
    matryoshka: [1024, 512, 256],
    pooling: 'mean',
    queryPrefix: 'Represent the query for retrieving supporting documents: ',
    documentPrefix: 'Represent the document for retrieval: ',
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/voyageai/voyage-4-nano',
  },
  {
    id: 'ibm-granite/granite-embedding-311m-multilingual-r2',
    aliases: ['granite-embedding-311m-multilingual-r2-ONNX'],
    dimensions: 768,
    matryoshka: [512, 384, 256, 128],
    pooling: 'cls',
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/ibm-granite/granite-embedding-311m-multilingual-r2',
  },
  {
    id: 'sentence-transformers/all-MiniLM-L6-v2',
    aliases: ['all-MiniLM-L6-v2-ONNX'],
    dimensions: 384,
    matryoshka: [],
    pooling: 'mean',
    maxTokens: 256,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2',
  },
  {
    id: 'sentence-transformers/all-MiniLM-L12-v2',
    dimensions: 384,
    matryoshka: [],
    pooling: 'mean',
    maxTokens: 128,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/sentence-transformers/all-MiniLM-L12-v2',
  },
  {
    id: 'sentence-transformers/all-mpnet-base-v2',
    aliases: ['all-mpnet-base-v2-onnx'],
    dimensions: 768,
    matryoshka: [],
    pooling: 'mean',
    maxTokens: 384,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/sentence-transformers/all-mpnet-base-v2',
  },
  {
    id: 'sentence-transformers/paraphrase-MiniLM-L6-v2',
    dimensions: 384,
    matryoshka: [],
    pooling: 'mean',
    maxTokens: 128,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/sentence-transformers/paraphrase-MiniLM-L6-v2',
  },
  {
    id: 'sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2',
    aliases: ['paraphrase-multilingual-MiniLM-L12-v2-ONNX'],
    dimensions: 384,
    matryoshka: [],
    pooling: 'mean',
    maxTokens: 128,
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2',
  },
  {
    id: 'BAAI/bge-small-en-v1.5',
    aliases: ['bge-small-en-v1.5-ONNX'],
    dimensions: 384,
    matryoshka: [],
    pooling: 'cls',
    queryPrefix: searchPrefix,
    licence: 'MIT',
    source: 'https://huggingface.co/BAAI/bge-small-en-v1.5',
  },
  {
    id: 'BAAI/bge-base-en-v1.5',
    aliases: ['bge-base-en-v1.5-ONNX'],
    dimensions: 768,
    matryoshka: [],
    pooling: 'cls',
    queryPrefix: searchPrefix,
    licence: 'MIT',
    source: 'https://huggingface.co/BAAI/bge-base-en-v1.5',
  },
  {
    id: 'BAAI/bge-large-en-v1.5',
    aliases: ['bge-large-en-v1.5-ONNX'],
    dimensions: 1024,
    matryoshka: [],
    pooling: 'cls',
    queryPrefix: searchPrefix,
    licence: 'MIT',
    source: 'https://huggingface.co/BAAI/bge-large-en-v1.5',
  },
  {
    id: 'thenlper/gte-small',
    aliases: ['gte-small-onnx'],
    dimensions: 384,
    matryoshka: [],
    pooling: 'mean',
    licence: 'MIT',
    source: 'https://huggingface.co/thenlper/gte-small',
  },
  {
    id: 'thenlper/gte-base',
    dimensions: 768,
    matryoshka: [],
    pooling: 'mean',
    licence: 'MIT',
    source: 'https://huggingface.co/thenlper/gte-base',
  },
  {
    id: 'intfloat/multilingual-e5-small',
    aliases: ['multilingual-e5-small-onnx'],
    dimensions: 384,
    matryoshka: [],
    pooling: 'mean',
    queryPrefix: 'query: ',
    documentPrefix: 'passage: ',
    licence: 'MIT',
    source: 'https://huggingface.co/intfloat/multilingual-e5-small',
  },
  {
    id: 'intfloat/multilingual-e5-base',
    aliases: ['multilingual-e5-base-ONNX'],
    dimensions: 768,
    matryoshka: [],
    pooling: 'mean',
    queryPrefix: 'query: ',
    documentPrefix: 'passage: ',
    licence: 'MIT',
    source: 'https://huggingface.co/intfloat/multilingual-e5-base',
  },
  {
    id: 'intfloat/multilingual-e5-large',
    aliases: ['multilingual-e5-large-onnx'],
    dimensions: 1024,
    matryoshka: [],
    pooling: 'mean',
    queryPrefix: 'query: ',
    documentPrefix: 'passage: ',
    licence: 'MIT',
    source: 'https://huggingface.co/intfloat/multilingual-e5-large',
  },
];

/** @param name a hub id, or the name of a folder */
export function findKnownModel(name: string): KnownModel | undefined {
  const last = lastPart(name);
  return knownModels.find(
    ({ id, aliases = [] }) =>
      lastPart(id) === last || aliases.some((alias) => alias.toLowerCase() === last),
  );
}

function lastPart(name: string): string {
  return (name.split(/[\\/]/).at(-1) ?? name).toLowerCase();
}
