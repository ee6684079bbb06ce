// Every binariser x objective of a head, on every retrieval set and three seeds, as the table in docs/training.md.
// Usage: node tools/write-head-ablation.mjs [FOLDER OF BEIR SETS] [SUBFOLDER OF VECTORS]   (after a build)
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { overlap } from '../packages/core/dist/evaluation/index.js';
import { BinaryIndex, ExactIndex, row, selectRows } from '../packages/core/dist/index.js';
import { readBeirFolder } from '../packages/core/dist/node/index.js';
import { trainCodes } from '../packages/core/dist/training.js';

const [data = '../shared/data', vectors = 'minilm'] = process.argv.slice(2);
const bits = 128;
const steps = 150;
const seeds = [0, 1, 2];
const mostQueries = 225;
const binarizers = ['ste', 'sigmoid', 'gumbel'];
const objectives = {
  'symmetric .3, decoded 1': { symmetric: 0.3, decoded: 1 },
  'symmetric .3, asymmetric 1': { symmetric: 0.3, asymmetric: 1 },
  'the first, balance .1, decorrelation 1': {
    symmetric: 0.3,
    decoded: 1,
    balance: 0.1,
    decorrelation: 1,
  },
};
const shown = [
  ['symmetric', 100],
  ['decoded', 0],
  ['decoded', 40],
];

const names = readdirSync(data).filter((name) => existsSync(join(data, name, vectors)));
const tasks = await Promise.all(names.map((name) => readTask(join(data, name))));
const lines = [
  `| binariser | objectives | ${names.join(' | ')} |`,
  `| --- | --- |${' --- |'.repeat(names.length)}`,
  line('PCA + ITQ, not trained', '', await measureAll({ steps: 0 })),
];
for (const [name, weights] of Object.entries(objectives)) {
  for (const binarize of binarizers) {
    const cells = await measureAll({ binarize, objectives: weights, steps });
    lines.push(line(binarize, name, cells));
    console.log(lines.at(-1));
    // After every row, so that a run that is cut short leaves what it has measured.
    replaceTable(lines.join('\n'));
  }
}

{
  const cells = await measureAll({ steps, pairWeight: 0.3 }, nearestPairs);
  lines.push(line('ste', 'the first, InfoNCE .3 of each document and its nearest', cells));
  replaceTable(lines.join('\n'));
}

/** Pairs for contrastive learning that need no labels: every document and the one nearest to it. */
function nearestPairs({ documents, exact }) {
  const nearest = Uint32Array.from({ length: documents.rows }, (_, i) => {
    const found = exact.search(row(documents, i), { k: 2 });
    return found.find((each) => each.row !== i)?.row ?? i;
  });
  return { queries: documents, documents: selectRows(documents, nearest) };
}

async function measureAll(options, pairsOf) {
  const cells = [];
  for (const task of tasks) {
    const pairs = pairsOf?.(task);
    const runs = [];
    for (const seed of seeds) {
      const { quantizer } = await trainCodes(task.documents, {
        bits,
        seed,
        choose: false,
        pairs,
        ...options,
      });
      runs.push(recalls(task, quantizer));
    }
    cells.push(shown.map((_, at) => spread(runs.map((run) => run[at]))).join(', '));
  }
  return cells;
}

/** Of the ways of searching that are shown, in their order. */
function recalls(task, quantizer) {
  const index = new BinaryIndex({ quantizer, vectors: task.exact.vectors });
  const candidates = task.documents.rows;
  return shown.map(([scoring, rerank]) => {
    const shares = task.nearest.map((nearest, i) =>
      overlap(
        rowsOf(index.search(row(task.queries, i), { k: 10, scoring, candidates, rerank })),
        nearest,
      ),
    );
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  });
}

function rowsOf(found) {
  return found.map((each) => each.row);
}

/** Mean and half of the distance between the largest and the smallest. */
function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const half = (Math.max(...values) - Math.min(...values)) / 2;
  return `${short(mean)} ± ${short(half)}`;
}

function short(value) {
  return value.toFixed(3).replace(/^0/, '');
}

function line(...cells) {
  return `| ${cells.flat().join(' | ')} |`;
}

async function readTask(folder) {
  const { documents, queries } = await readBeirFolder(folder, { vectors });
  const count = Math.min(mostQueries, queries.rows);
  const exact = new ExactIndex(documents.columns);
  exact.add(documents);
  const nearest = Array.from({ length: count }, (_, i) =>
    rowsOf(exact.search(row(queries, i), { k: 10 })),
  );
  return { documents, queries, exact, nearest };
}

function replaceTable(table) {
  const page = readFileSync('docs/training.md', 'utf8');
  const [before, after] = ['<!-- ablation -->', '<!-- end of ablation -->'];
  const start = page.indexOf(before) + before.length;
  writeFileSync(
    'docs/training.md',
    `${page.slice(0, start)}\n${table}\n${page.slice(page.indexOf(after))}`,
  );
}
