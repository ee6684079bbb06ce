// A drop-in LangChain retriever: no server, no key, no native build.
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

const store = await BinaryVectorStore.fromDocuments(documents, new MatryoshkaEmbeddings());

const retriever = store.asRetriever({ k: 1 });
const [answer] = await retriever.invoke('How do I reboot the wifi router?');
console.log(answer.pageContent);

// Filters are applied inside the search: as many results come back as there are.
const inTheGarden = await store.similaritySearch('When do I water?', 2, { room: 'garden' });
console.log(inTheGarden.map(({ pageContent }) => pageContent));
