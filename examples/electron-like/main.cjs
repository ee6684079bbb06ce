// The main process: owns the store, in a file, and answers what the preload script sends.
const { fork } = require('node:child_process');
const path = require('node:path');
const { BitryoshkaError } = require('@bitryoshka/core');
const { BinaryVectorStore } = require('@bitryoshka/langchain');
const { MatryoshkaEmbeddings } = require('@bitryoshka/transformers');

// In Electron below app.getPath('userData').
const file = path.resolve(process.argv[2] ?? 'notes.sqlite');

const opening = openStore();

/** As ipcMain.handle of Electron. */
const handlers = {
  'notes:count': async () => (await opening).stats().count,
  'notes:add': async (texts) => {
    const store = await opening;
    await store.addDocuments(texts.map((pageContent) => ({ pageContent, metadata: {} })));
  },
  'notes:search': async (question, k) => {
    const found = await (await opening).similaritySearch(question, k);
    return found.map(({ pageContent }) => pageContent);
  },
};

const renderer = fork(path.join(__dirname, 'preload.cjs'), { serialization: 'advanced' });
renderer.on('message', async ({ id, channel, args }) => {
  // A window may be gone by the time that its answer is there.
  const reply = await answer(channel, args);
  if (renderer.connected) renderer.send({ id, ...reply });
});
renderer.on('exit', async (code) => {
  await (await opening).close();
  process.exitCode = code;
});

function openStore() {
  const { DatabaseSync } = databaseLibrary();
  const driver = (name) => new DatabaseSync(name);
  return BinaryVectorStore.open(file, new MatryoshkaEmbeddings(), { driver, hybrid: true });
}

/** Electron with Node 22.16 has node:sqlite; before that it takes a package with the same class. */
function databaseLibrary() {
  try {
    return require('node:sqlite');
  } catch {
    return require('@photostructure/sqlite');
  }
}

async function answer(channel, args) {
  try {
    return { result: await handlers[channel](...args) };
  } catch (error) {
    // Errors of the packages say what to do; others are none of a window's business.
    if (error instanceof BitryoshkaError) return { error: `${error.code}: ${error.message}` };
    console.error(error);
    return { error: 'failed' };
  }
}
