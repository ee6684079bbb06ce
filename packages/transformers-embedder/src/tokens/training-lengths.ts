/**
 * Tokens that these models of sentence-transformers read by their own settings (`max_seq_length` of
 * their sentence_bert_config.json). That file is left out when a model is converted for transformers.js,
 * and `tokenizer_config.json` says what the underlying BERT could read instead: longer texts would get
 * vectors that the model was never trained to give.
 */
export const trainingLengths: Readonly<Record<string, number>> = {
  'all-MiniLM-L6-v2': 256,
  'all-MiniLM-L12-v2': 128,
  'all-mpnet-base-v2': 384,
  'paraphrase-MiniLM-L6-v2': 128,
  'paraphrase-multilingual-MiniLM-L12-v2': 128,
};
