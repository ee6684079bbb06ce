// Passages are embedded once, kept in a folder, and asked. Usage: node FILE FOLDER
import { HNSWLib } from '@langchain/community/vectorstores/hnswlib';

// All else is what it was.

import { existsSync } from 'node:fs';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { Document } from '@langchain/core/documents';

const [folder] = process.argv.slice(2);
const embeddings = new MatryoshkaEmbeddings();

async function openStore() {
  if (existsSync(folder)) return HNSWLib.load(folder, embeddings);
  const passages = [
    'Bread rises overnight in a cold place.',
    'Grease the chain of the bicycle after rain.',
    'The ferry leaves at six, on Sundays at eight.',
    'Owls hunt by ear as much as by eye.',
    'Paint the fence in dry weather, twice.',
  ].map((pageContent, i) => new Document({ pageContent, metadata: { page: i + 1 } }));
  const store = await HNSWLib.fromDocuments(passages, embeddings);
  await store.save(folder);
  return store;
}

const store = await openStore();
const found = await store.asRetriever({ k: 2 }).invoke('When does the boat go on Sunday?');
for (const { pageContent, metadata } of found) console.log(`page ${metadata.page}: ${pageContent}`);
