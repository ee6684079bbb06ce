// Calls the built function twice, as a platform would. Usage: node invoke.mjs [FOLDER] [QUESTION]
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [
  folder = fileURLToPath(new URL('dist', import.meta.url)),
  question = 'How do I keep an index in a browser?',
] = process.argv.slice(2);
const event = { queryStringParameters: { question } };

const started = performance.now();
const { handler } = await import(pathToFileURL(join(folder, 'handler.mjs')).href);
const { statusCode, body } = await handler(event);
const cold = performance.now();
await handler(event);
const warm = performance.now();

const [{ source, heading }] = JSON.parse(body).answers;
console.log(`${statusCode}: ${source}, ${heading}`);
console.log(`cold start: ${Math.round(cold - started)} ms, then ${(warm - cold).toFixed(1)} ms`);
