import Table from 'cli-table3';
import { isHit } from './is-hit.mjs';

const kinds = { question: 'questions', identifier: 'identifiers' };

/** Prints, for each method and folder, how often the first, the first three and the first five places hold an answer. */
export function printHits(results) {
  for (const [kind, name] of Object.entries(kinds)) {
    printTable(
      name,
      results.filter((result) => result.kind === kind),
    );
  }
}

function printTable(name, results) {
  const packages = [...new Set(results.map((result) => result.package))];
  const groups = [...packages.map((p) => results.filter((r) => r.package === p)), results];
  const titles = [...packages, 'all'].map((title, i) => `${title} (${groups[i].length})`);
  const table = new Table({
    head: [`${name}: top 1, 3, 5`, ...titles],
    style: { head: [], border: [], compact: true },
  });
  for (const method of Object.keys(results[0].ranks)) {
    table.push([
      method,
      ...groups.map((group) => [1, 3, 5].map((k) => hits(group, method, k)).join(', ')),
    ]);
  }
  console.log(table.toString());
}

function hits(results, method, k) {
  return results.filter(({ ranks }) => isHit(ranks[method], k)).length;
}
