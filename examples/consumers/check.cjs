// A program of CommonJS, as of Electron or Nest: the whole path, and classes that are those of LangChain.
const assert = require('node:assert');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { BinaryIndex, fitQuantizer } = require('@bitryoshka/core');
const { BinaryVectorStore } = require('@bitryoshka/langchain');
const { MatryoshkaEmbeddings } = require('@bitryoshka/transformers');
const { Document } = require('@langchain/core/documents');
const { Embeddings } = require('@langchain/core/embeddings');
const { VectorStore } = require('@langchain/core/vectorstores');

exports.check = async () => {
  const embeddings = new MatryoshkaEmbeddings();
  const texts = ['a cat sleeps', 'a dog barks'];
  const store = await BinaryVectorStore.fromTexts(texts, [{ day: new Date(0) }, {}], embeddings);
  assert(embeddings instanceof Embeddings && store instanceof VectorStore);
  const [found] = await store.similaritySearch('cat', 1);
  assert(found instanceof Document);
  assert.strictEqual(found.pageContent, 'a cat sleeps');
  const folder = mkdtempSync(path.join(tmpdir(), 'bitryoshka-consumer-'));
  try {
    await store.save(folder);
    const loaded = await BinaryVectorStore.load(folder, embeddings);
    assert.strictEqual(loaded.stats().count, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const data = Float32Array.from({ length: 80 }, (_, i) => Math.sin(i * i));
  const quantizer = await fitQuantizer({ rows: 20, columns: 4, data }, { kind: 'itq', bits: 4 });
  const index = new BinaryIndex({ quantizer });
  index.add({ rows: 20, columns: 4, data });
  assert.strictEqual(index.search(data.subarray(12, 16), { k: 1 })[0].row, 3);
  return (await embeddings.embedQuery('cat')).length;
};

if (require.main === module) void exports.check().then((dimensions) => console.log(dimensions));
