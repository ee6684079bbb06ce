// Takes over what HNSWLib has saved, without embedding again. Usage: node move.mjs FROM TO
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { fillFromHnswlib } from '@bitryoshka/langchain/migrate';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

const [from, to] = process.argv.slice(2);
const store = new BinaryVectorStore(new MatryoshkaEmbeddings()); // of the model that made the vectors
const ids = await fillFromHnswlib(store, from);
await store.save(to);
console.log(`${ids.length} passages moved to ${to}`);
