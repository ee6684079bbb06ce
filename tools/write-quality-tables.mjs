// `pnpm quality`: every quantizer x length x scoring x depth on every retrieval set, as docs/quality.md.
// Usage: node tools/write-quality-tables.mjs [FOLDER OF BEIR SETS] [SUBFOLDER OF VECTORS]
// Rows are kept in .cache/quality; delete that folder to measure anew.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [data = '../shared/data', vectors = 'minilm'] = process.argv.slice(2);
const quantizers =
  'sign,mean,median,otsu,lloyd-max,learned,median-per-side,learned-per-side,random,pca,itq,thermometer,groups-quantile,groups,groups-linear,autoencoder,tuned';
const lengths = [64, 128, 256, 384];
const depths = [0, 40, 100];
const scorings = ['symmetric', 'asymmetric', 'decoded'];

const sets = readdirSync(data).filter((name) => existsSync(join(data, name, vectors)));
const sections = sets.map((name) => section(name, measure(name)));
writeFileSync('docs/quality.md', `${introduction()}\n${sections.join('\n')}`);

function measure(name) {
  const cache = join('.cache/quality', `${name}.json`);
  if (!existsSync(cache)) {
    mkdirSync('.cache/quality', { recursive: true });
    const call = ['packages/cli/bin/bitryoshka.js', 'eval', join(data, name), '--vectors', vectors];
    const options = [
      '--quantizers',
      quantizers,
      '--bits',
      lengths.join(),
      '--rerank',
      depths.join(),
    ];
    console.log(`${name}: measuring, which takes minutes`);
    const rows = execFileSync('node', [...call, ...options, '--json'], {
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    writeFileSync(cache, rows);
  }
  return JSON.parse(readFileSync(cache, 'utf8'));
}

function introduction() {
  return `# Quality

Real sentence embeddings: all-MiniLM-L6-v2, 384 dimensions, 1,536 bytes as floats. Quantizers learn from a set's documents only; kinds \`…-per-side\` also from one half of its queries, and are asked the other half. Judgements are shown to none. \`tuned\` is what the tuner takes, seeing documents only.

Each cell holds four figures: nDCG@10 of the codes alone in % of that of the float vectors, and the share of the 10 nearest float neighbours that are found by the codes alone, after re-ranking 40, and after re-ranking 100. *Symmetric* is Hamming distance, *asymmetric* the query's real values against codes, *decoded* the query against the vectors that codes stand for, for which a vector takes a byte more. Asymmetric and decoded scores rank all documents.

nDCG moves by one to three points with the seed of a fit on sets of a few hundred queries, recall by less than one.

All of it is one command, \`pnpm quality\`; one set is \`pnpm bitryoshka eval <folder> --vectors <subfolder>\`.
`;
}

function section(name, rows) {
  const [{ ndcg10Float }] = rows;
  const lines = [
    `## ${name}, float nDCG@10 ${ndcg10Float.toFixed(3)}`,
    '',
    `| bits | quantizer | ${scorings.join(' | ')} | fit |`,
    `| --- | --- |${' --- |'.repeat(scorings.length + 1)}`,
  ];
  for (const bits of lengths) {
    for (const quantizer of quantizers.split(',')) {
      const own = rows.filter((row) => row.bits === bits && row.quantizer === quantizer);
      if (own.length === 0) continue;
      const cells = scorings.map((scoring) => cell(own.filter((row) => row.scoring === scoring)));
      lines.push(
        `| ${bits} | ${quantizer} | ${cells.join(' | ')} | ${own[0].fitSeconds.toFixed(1)} s |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function cell(rows) {
  const at = (depth) => rows.find(({ rerank }) => rerank === depth);
  const kept = ((100 * at(0).ndcg10) / at(0).ndcg10Float).toFixed(1);
  return [kept, ...depths.map((depth) => at(depth).recall10.toFixed(3).replace(/^0/, ''))].join(
    ' ',
  );
}
