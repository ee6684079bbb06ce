// @ts-check
// Owns the store: documents are embedded, indexed and searched here.
import { parentPort } from 'node:worker_threads';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

/** @import { Answers, Reply, Request, RequestName, Requests } from './messages.js' */

if (parentPort === null) throw new Error('Start main.mjs.');
const port = parentPort;
const store = new BinaryVectorStore(new MatryoshkaEmbeddings());

/** @type {{ [Name in RequestName]: (body: Requests[Name]) => Promise<Answers[Name]> }} */
const handlers = {
  async add({ texts }) {
    await store.addDocuments(texts.map((pageContent) => ({ pageContent, metadata: {} })));
    return { count: store.stats().count };
  },
  async search({ question, k }) {
    const found = await store.similaritySearchWithScore(question, k);
    return found.map(([{ pageContent }, score]) => ({ text: pageContent, score }));
  },
  async close() {
    await store.close();
    return undefined;
  },
};

port.on('message', async (/** @type {Request} */ request) =>
  port.postMessage(await reply(request)),
);

/**
 * @template {RequestName} Name
 * @param {Request<Name>} request
 * @returns {Promise<Reply>}
 */
async function reply({ id, name, body }) {
  try {
    return { id, answer: await handlers[name](body) };
  } catch (error) {
    // An error that is copied between threads loses its code.
    const { message, code } = /** @type {Error & { code?: string }} */ (error);
    return { id, error: { message, ...(code && { code }) } };
  }
}
