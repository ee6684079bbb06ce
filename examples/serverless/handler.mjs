// The function. What it needs lies beside it: nothing is downloaded, and nothing is written.
import { fileURLToPath } from 'node:url';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

// Made once for as long as an instance lives; a failed start is tried again with the next event.
let opening;
const openStore = () => {
  opening ??= BinaryVectorStore.load(
    fileURLToPath(new URL('index', import.meta.url)),
    new MatryoshkaEmbeddings(),
  ).catch((error) => {
    opening = undefined;
    throw error;
  });
  return opening;
};

/** An event as API gateways send it: `{ queryStringParameters: { question } }`. */
export async function handler(event) {
  const question = event.queryStringParameters?.question?.trim();
  if (!question) return reply(400, { error: 'Say what you want to know: ?question=…' });
  const store = await openStore();
  const found = await store.similaritySearchWithScore(question, 3);
  return reply(200, {
    answers: found.map(([{ pageContent, metadata }, score]) => ({
      text: pageContent,
      source: metadata.source,
      heading: metadata.heading,
      score,
    })),
  });
}

function reply(statusCode, body) {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
