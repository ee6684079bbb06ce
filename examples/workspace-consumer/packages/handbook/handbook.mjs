// A package of the workspace that hides the store from those that ask.
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { Document } from '@langchain/core/documents';
import { VectorStore } from '@langchain/core/vectorstores';

const pages = [
  'Visitors sign in at the front desk.',
  'The fire alarm is tested on the first Monday of a month.',
  'Bicycles are parked in the yard, not in the hall.',
];

export async function openHandbook() {
  const documents = pages.map((pageContent) => new Document({ pageContent, metadata: {} }));
  const store = await BinaryVectorStore.fromDocuments(documents, new MatryoshkaEmbeddings());
  // Two copies of LangChain would be two classes.
  if (!(store instanceof VectorStore)) throw new Error('There are two copies of @langchain/core.');
  return store.asRetriever({ k: 1 });
}
