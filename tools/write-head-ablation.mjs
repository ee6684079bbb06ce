// Every binariser x objective of a head, on every retrieval set and three seeds, as the table in docs/head.md.
// Usage: node tools/write-head-ablation.mjs [FOLDER OF BEIR SETS] [SUBFOLDER OF VECTORS]   (after a build)
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, fitHead, selectRows } from '../packages/core/dist/index.js';
import { readBeirFolder } from '../packages/core/dist/node/index.js';

const [data = '../shared/data', vectors = 'minilm'] = process.argv.slice(2);
const bits = 128;
const steps = 150;
const seeds = [0, 1, 2];
const mostQueries = 300;
const binarizers = ['ste', 'sigmoid', 'gumbel'];
const objectives = {
  'symmetric .3, decoded 1': { symmetric: 0.3, decoded: 1 },
  'symmetric 1': { symmetric: 1 },
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
  row('PCA + ITQ, not trained', '', await measureAll({ steps: 0 })),
];
for (const [name, weights] of Object.entries(objectives)) {
  for (const binarize of binarizers) {
    const cells = await measureAll({ binarize, objectives: weights, steps });
    lines.push(row(binarize, name, cells));
    console.log(lines.at(-1));
  }
}
replaceTable(lines.join('\n'));

async function measureAll(options) {
  const cells = [];
  for (const task of tasks) {
    const runs = [];
    for (const seed of seeds) {
      const fit = async (documents) =>
        (await fitHead(documents, { bits, seed, choose: false, ...options })).quantizer;
      const contender = { name: 'head', fit };
      runs.push(
        await evaluate(task, { quantizers: [contender], bits: [bits], rerank: [0, 40, 100] }),
      );
    }
    cells.push(
      shown
        .map(([scoring, rerank]) =>
          spread(
            runs.map(
              (rows) =>
                rows.find((each) => each.scoring === scoring && each.rerank === rerank).recall10,
            ),
          ),
        )
        .join(', '),
    );
  }
  return cells;
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

function row(...cells) {
  return `| ${cells.flat().join(' | ')} |`;
}

async function readTask(folder) {
  const task = await readBeirFolder(folder, { vectors });
  const chosen = Array.from({ length: Math.min(mostQueries, task.queries.rows) }, (_, i) => i);
  return {
    ...task,
    queries: selectRows(task.queries, chosen),
    queryIds: chosen.map((i) => task.queryIds[i]),
  };
}

function replaceTable(table) {
  const page = readFileSync('docs/head.md', 'utf8');
  const [before, after] = ['<!-- ablation -->', '<!-- end of ablation -->'];
  const start = page.indexOf(before) + before.length;
  writeFileSync(
    'docs/head.md',
    `${page.slice(0, start)}\n${table}\n${page.slice(page.indexOf(after))}`,
  );
}
