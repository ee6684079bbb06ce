// @ts-check
// A worker embeds and indexes thousands of texts while the main thread goes on. Usage: node main.mjs
import { performance } from 'node:perf_hooks';
import { SearchWorker } from './search-worker.mjs';

const rooms = ['attic', 'cellar', 'garage', 'garden', 'hall', 'kitchen', 'library', 'study'];
const things = ['a globe', 'a lamp', 'an old radio', 'a sewing machine', 'a telescope', 'a violin'];
const texts = Array.from(
  { length: 4800 },
  (_, i) =>
    `Box ${i}, in the ${rooms[i % 8]}, on shelf ${i % 48}: ${things[Math.floor(i / 8) % 6]}.`,
);

const worker = new SearchWorker();
const before = performance.eventLoopUtilization();
const { count } = await worker.add(texts);
const { utilization } = performance.eventLoopUtilization(before);
console.log(`${count} texts`);
console.log(
  `meanwhile the main thread was free ${Math.floor(100 - 100 * utilization)} % of the time`,
);

for (const { text, score } of await worker.search('Where is the telescope in the attic?', 2)) {
  console.log(`${text} ${score.toFixed(2)}`);
}
await worker.search('', -1).catch(({ code, message }) => console.log(`${code}: ${message}`));
await worker.close();
