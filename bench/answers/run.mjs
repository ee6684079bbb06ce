// How often the first passages answer a question that a person might ask, on documentation that the
// bundled model was not trained on: the bundled model, BM25, both together, hybrid stores, the command line, and
// models by choice.
import { parseArgs } from 'node:util';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { measureSet } from './measure-set.mjs';
import { bundled, commandLine, words } from './method-names.mjs';
import { printComparison } from './print-comparison.mjs';
import { printHits } from './print-hits.mjs';
import { printMisses } from './print-misses.mjs';
import { readQuestionSets } from './read-question-sets.mjs';

const { values: options } = parseArgs({
  // `pnpm answers -- --misses` hands the dashes on.
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    model: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    misses: { type: 'boolean', default: false },
    development: { type: 'boolean', default: false },
  },
});

const models = new Map([[bundled, new MatryoshkaEmbeddings()]]);
for (const argument of options.model) {
  const [, name, model] = /^([^=]+)=(.+)$/.exec(argument) ?? [];
  if (!model) throw new Error(`--model: got ${argument}, expected name=folder.`);
  models.set(name, new MatryoshkaEmbeddings({ model }));
}

const results = [];
for (const set of readQuestionSets(options.development ? 'development' : '.'))
  results.push(...(await measureSet(set, models)));

if (options.json) {
  console.log(JSON.stringify(results, null, 2));
} else {
  printHits(results);
  const questions = results.filter(({ kind }) => kind === 'question');
  printComparison(questions, bundled, words);
  printComparison(results, bundled, words);
  printComparison(results, `${bundled}, hybrid`, bundled);
  printComparison(results, commandLine, `${bundled}, hybrid`);
  printComparison(results, commandLine, words);
  if (options.misses) printMisses(results, commandLine);
}
