// Runs the cases of @bitryoshka/langchain/testing on one store, from a number on, and sends what comes of each. A
// process of its own: native libraries may end it.
// Usage: node tools/conformance/run-cases.mjs STORE NUMBER   (started by write-conformance.mjs)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  runVectorStoreCase,
  vectorStoreCases,
} from '../../packages/langchain-adapter/dist/testing/index.js';
import { stores } from './stores.mjs';

const [name, first] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
// Stores say on the console what they make of large k.
console.warn = () => undefined;

const kind = await stores[name].open(() => mkdtempSync(join(folder, 'store-')));
for (const [number, each] of vectorStoreCases.entries()) {
  if (number < Number(first)) continue;
  const isClaimed = each.needs.every((need) =>
    need === 'reload' ? kind.reload : kind.capabilities.includes(need),
  );
  process.send({ number, isClaimed, isBegun: true });
  // What a store does not claim is tried as well.
  const capabilities = [...new Set([...kind.capabilities, ...each.needs])];
  try {
    await runVectorStoreCase(each, { ...kind, capabilities });
    process.send({ number, isClaimed, passes: true });
  } catch (error) {
    const reason = String(error?.message ?? error).replaceAll(folder, '…');
    process.send({ number, isClaimed, passes: false, reason });
  }
}
process.disconnect();
