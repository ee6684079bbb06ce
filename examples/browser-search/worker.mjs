// A store in a file of the origin private file system. What is added is in it before the page is told so.
import { BinaryVectorStore, sqliteWasm } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import sqlite3InitModule from '@sqlite.org/sqlite-wasm';

const handbook = [
  'The kettle boils water in three minutes.',
  'Sharpen the knife on a wet stone, edge first.',
  'Change the oil of the mower every spring.',
  'Water tomatoes in the morning, at the root.',
  'The router restarts when the button is held for ten seconds.',
];

const opening = openStore();
opening.catch(fail);

async function openStore() {
  const driver = await sqliteWasm(await sqlite3InitModule());
  const store = await BinaryVectorStore.open('notes.sqlite', new MatryoshkaEmbeddings(), {
    driver,
    hybrid: true,
  });
  const { count } = store.stats();
  if (count === 0) await add(store, handbook);
  tell(count === 0 ? `Ready: ${handbook.length} notes, new.` : `Ready: ${count} notes, kept.`);
  return store;
}

async function add(store, texts) {
  await store.addDocuments(texts.map((pageContent) => ({ pageContent, metadata: {} })));
}

self.onmessage = ({ data }) => {
  answer(data).catch(fail);
};

async function answer({ note, turn, question }) {
  const store = await opening;
  if (note) {
    await add(store, [note]);
    tell(`Ready: ${store.stats().count} notes.`);
  }
  if (question === undefined) return;
  const found = await store.similaritySearchWithScore(question, 3);
  const answers = found.map(([{ pageContent }, score]) => ({ text: pageContent, score }));
  postMessage({ turn, answers });
}

function tell(state) {
  postMessage({ state });
}

/** Errors of the packages say what to do. */
function fail({ message, remedy = '' }) {
  tell(`${message} ${remedy}`);
}
