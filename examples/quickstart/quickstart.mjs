// Documents in, a question, a filter, and the index kept. Usage: node quickstart.mjs [FOLDER | FILE.sqlite]
import { existsSync } from 'node:fs';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { Document } from '@langchain/core/documents';

const documents = [
  ['The kettle boils water in three minutes.', 'kitchen'],
  ['Sharpen the knife on a wet stone, edge first.', 'kitchen'],
  ['Change the oil of the mower every spring.', 'garden'],
  ['Water tomatoes in the morning, at the root.', 'garden'],
  ['The router restarts when the button is held for ten seconds.', 'office'],
].map(([pageContent, room]) => new Document({ pageContent, metadata: { room } }));

const [place] = process.argv.slice(2);
const embeddings = new MatryoshkaEmbeddings();
const store = await openStore(place);

const [answer] = await store.asRetriever({ k: 1 }).invoke('How do I reboot the wifi router?');
console.log(answer.pageContent);

// Filters are applied inside the search: as many results come back as there are.
for (const { pageContent } of await store.similaritySearch('When do I water?', 2, {
  room: 'garden',
})) {
  console.log(`garden: ${pageContent}`);
}
await store.close();

async function openStore(place) {
  if (place === undefined) return BinaryVectorStore.fromDocuments(documents, embeddings);
  const isKept = existsSync(place);
  const store = place.endsWith('.sqlite') ? await openFile(place) : await openFolder(place, isKept);
  console.log(isKept ? `Found ${place}, nothing was embedded.` : `Made ${place}.`);
  return store;
}

/** A folder is written when it is saved, as a whole. */
async function openFolder(folder, isKept) {
  if (isKept) return BinaryVectorStore.load(folder, embeddings);
  const store = await BinaryVectorStore.fromDocuments(documents, embeddings);
  await store.save(folder);
  return store;
}

/** A file has every change when its promise is resolved. Node 22.16, or a driver. */
async function openFile(file) {
  const store = await BinaryVectorStore.open(file, embeddings);
  if (store.stats().count === 0) await store.addDocuments(documents);
  return store;
}
