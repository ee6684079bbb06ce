// `pnpm quality`: every quantizer x length x scoring x depth on every retrieval set, as docs/quality.md.
// Usage: node tools/write-quality-tables.mjs [FOLDER OF BEIR SETS] [SUBFOLDER OF VECTORS] [FOLDER OF MODELS]
// Rows are kept in .cache/quality; delete that folder to measure anew.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partOf } from '../bench/write-table.mjs';

const [data = '../shared/data', vectors = 'minilm', models = '../shared/models'] =
  process.argv.slice(2);
const quantizers =
  'sign,mean,median,otsu,lloyd-max,learned-thresholds,median-per-side,learned-per-side,random,pca,itq,thermometer,groups,groups-linear,autoencoder,tuned';
const lengths = [64, 128, 256, 384];
const depths = [0, 40, 100];
const scorings = ['symmetric', 'asymmetric', 'decoded'];

const pairQuantizers = ['sign', 'median', 'itq', 'autoencoder'];
const pairLengths = [64, 128, 256];

const sets = readdirSync(data).filter((name) => existsSync(join(data, name, vectors)));
const sections = sets.map((name) => section(name, measure(name)));
sections.push(pairSection(await measurePairs()));
sections.push(hybridSection(measureHybrid()));
sections.push(measuredApart());
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

/** Codes learned from the sentences of the pairs, without their grades. */
async function measurePairs() {
  const cache = '.cache/quality/stsb.json';
  if (!existsSync(cache)) {
    const { fitQuantizer, tune } = await import('../packages/core/dist/index.js');
    const { evaluateSimilarity } = await import('../packages/core/dist/evaluation/index.js');
    const { readStsPairs } = await import('../packages/core/dist/node/index.js');
    const { MatryoshkaEmbeddings } = await import(
      '../packages/transformers-embedder/dist/index.js'
    );
    const pairs = await readStsPairs(join(data, 'stsb/sts-test.csv'));
    const embeddings = new MatryoshkaEmbeddings({ model: join(models, 'all-MiniLM-L6-v2') });
    const [first, second] = await Promise.all(
      ['first', 'second'].map((side) => embeddings.embedDocuments(pairs.map((pair) => pair[side]))),
    );
    const similarities = pairs.map(({ similarity }) => similarity);
    const sentences = [...first, ...second];
    const rows = [];
    for (const bits of pairLengths) {
      const named = await Promise.all(
        pairQuantizers.map(async (kind) => [kind, await fitQuantizer(sentences, { kind, bits })]),
      );
      named.push(['tuned', (await tune(sentences, { bits })).quantizer]);
      for (const [name, quantizer] of named) {
        const task = { name: 'stsb', first, second, similarities };
        const [float, ...codes] = await evaluateSimilarity(task, { quantizers: [quantizer] });
        const spearman = Object.fromEntries(codes.map((row) => [row.scoring, row.spearman]));
        rows.push({ bits, name, float: float.spearman, spearman });
      }
    }
    writeFileSync(cache, JSON.stringify(rows));
  }
  return JSON.parse(readFileSync(cache, 'utf8'));
}

/** The bundled model, by words as well. */
function measureHybrid() {
  const cache = '.cache/quality/hybrid.json';
  if (!existsSync(cache)) {
    const folders = sets.map((name) => join(data, name));
    const rows = execFileSync('node', ['bench/hybrid.mjs', '--json', ...folders]);
    writeFileSync(cache, rows);
  }
  return JSON.parse(readFileSync(cache, 'utf8'));
}

function hybridSection(rows) {
  const signed = (value) => `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
  const lines = rows.map(({ name, vectors: byVectors, words, hybrid, difference }) => {
    const [mean, low, high] = difference.map(signed);
    const cells = [byVectors, words, hybrid].map((value) => value.toFixed(3));
    return `| ${name} | ${cells.join(' | ')} | ${mean} (${low} to ${high}) |`;
  });
  return [
    '## Hybrid search: nDCG@10 of vectors, of words, and of both',
    '',
    'The bundled model, through `BinaryVectorStore` with `hybrid: { alpha: 1 }`, `{ alpha: 0 }` and `true`. How scores are fused and weighted was chosen on seven other collections, of which the model had seen nothing either; none of these sets had a say.',
    '',
    '| set | vectors | words | hybrid | hybrid against the better one (95 %) |',
    '| --- | ---: | ---: | ---: | --- |',
    ...lines,
    '',
  ].join('\n');
}

/** What `bench/two-part.mjs` has written stays. */
function measuredApart() {
  const name = 'two-part codes';
  const part = partOf(readFileSync('docs/quality.md', 'utf8'), name);
  return `<!-- ${name} -->\n${part}\n<!-- end of ${name} -->\n`;
}

function pairSection(rows) {
  const percent = (value) => (100 * value).toFixed(1);
  const lines = rows.map(
    ({ bits, name, spearman }) =>
      `| ${bits} | ${name} | ${scorings.map((scoring) => percent(spearman[scoring])).join(' | ')} |`,
  );
  return [
    `## Similarity of pairs: STS benchmark, Spearman of the floats ${percent(rows[0].float)}`,
    '',
    'Spearman correlation with the grades that people gave, in %. Codes are learned from the sentences, not from the grades. Decoded scores order documents for one query and are on no common scale across pairs, so for pairs take asymmetric ones.',
    '',
    `| bits | quantizer | ${scorings.join(' | ')} |`,
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function introduction() {
  return `# Quality

Real sentence embeddings: all-MiniLM-L6-v2, 384 dimensions, 1,536 bytes as floats. Quantizers learn from a set's documents only; kinds \`…-per-side\` also from one half of its queries, and are asked the other half. Judgements are shown to none. \`tuned\` is what the tuner takes, seeing documents only.

Each cell holds four figures: nDCG@10 of the codes alone in % of that of the float vectors, and the share of the 10 nearest float neighbours that are found by the codes alone, after re-ranking 40, and after re-ranking 100. *Symmetric* is Hamming distance, *asymmetric* the query's real values against codes, *decoded* the query against the vectors that codes stand for, for which a vector takes a byte more. Asymmetric and decoded scores rank all documents.

nDCG moves by one to three points with the seed of a fit on sets of a few hundred queries, recall by less than one. Times of fits are up to three times what an idle core takes.

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
