// Which vector stores of LangChain.js pass which case of @bitryoshka/langchain/testing, as docs/conformance.md.
// Usage: node tools/write-conformance.mjs   (after a build; installs what `pnpm bench:peers` compares with)
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importPeer, versionOfPeer } from '../bench/peers/import-peer.mjs';
import { installPeers } from '../bench/peers/install.mjs';
import {
  capabilities,
  vectorStoreCases,
} from '../packages/langchain-adapter/dist/testing/index.js';
import { stores } from './conformance/stores.mjs';

const page = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));
const program = fileURLToPath(new URL('conformance/run-cases.mjs', import.meta.url));

installPeers();
const names = [];
const outcomes = [];
for (const [name, { packages }] of Object.entries(stores)) {
  const needed = packages.filter((each) => !each.startsWith('@langchain/'));
  const found = await Promise.all(needed.map(importPeer));
  if (found.some((library) => library === undefined)) continue;
  console.log(name);
  names.push(name);
  outcomes.push(await runCases(name));
}
replacePart('stores', storeTable());
replacePart('capabilities', capabilityTable());
replacePart('cases', caseTable());
replacePart('failures', failureTable());

/** What comes of each case. A case that ends its process fails, and the next one has a new process. */
async function runCases(name) {
  const results = [];
  while (results.length < vectorStoreCases.length) {
    const child = fork(program, [name, results.length], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let begun;
    child.on('message', (message) => {
      if (message.isBegun) begun = message;
      else results[message.number] = message;
    });
    const code = await new Promise((resolve) =>
      child.once('exit', (status, signal) => resolve(status ?? signal)),
    );
    if (results.length === vectorStoreCases.length) break;
    if (!begun || results.length !== begun.number) throw new Error(`${name} ended with ${code}.`);
    results.push({ ...begun, passes: false, reason: `ends the process (${code})` });
  }
  return results;
}

function storeTable() {
  return table(
    ['store', 'of'],
    names.map((name) => {
      const packages = stores[name].packages.map((each) => `\`${each}\` ${versionOfPeer(each)}`);
      return [`\`${name}\``, packages.join(', ') || '`@bitryoshka/langchain`'];
    }),
  );
}

function capabilityTable() {
  return table(
    ['capability', 'what it means'],
    Object.entries(capabilities).map(([name, meaning]) => [`\`${name}\``, meaning]),
  );
}

function caseTable() {
  const rows = vectorStoreCases.map(({ subject, name, needs }, i) => [
    `${subject} ${name}`,
    needs.map((need) => `\`${need}\``).join(', '),
    ...outcomes.map((results) => markOf(results[i])),
  ]);
  const passed = outcomes.map((results) => results.filter(({ passes }) => passes).length);
  return table(
    ['case', 'needs', ...names],
    [...rows, [`**of ${rows.length}**`, '', ...passed.map((count) => `**${count}**`)]],
  );
}

function markOf({ passes, isClaimed }) {
  if (passes) return 'passes';
  return isClaimed ? '**fails**' : '–';
}

function failureTable() {
  const rows = names.flatMap((store, i) =>
    outcomes[i]
      .filter(({ passes, isClaimed }) => isClaimed && !passes)
      .map(({ number, reason }) => {
        const { subject, name } = vectorStoreCases[number];
        return [store, `${subject} ${name}`, inOneLine(reason)];
      }),
  );
  return table(['store', 'case', 'what it says'], rows);
}

function inOneLine(text) {
  const line = text.split('\n')[0].replaceAll('|', '\\|');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function replacePart(name, content) {
  const text = readFileSync(page, 'utf8');
  const [before, after] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [start, end] = [text.indexOf(before) + before.length, text.indexOf(after)];
  if (end < start) throw new Error(`docs/conformance.md has no place for ${name}.`);
  writeFileSync(page, `${text.slice(0, start)}\n${content}\n${text.slice(end)}`);
}
