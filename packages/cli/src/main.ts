import { readFileSync } from 'node:fs';
import type { QuantizerKind } from '@bitryoshka/core';
import { BitryoshkaError, quantizerKinds } from '@bitryoshka/core';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { demonstrate } from './commands/demonstrate.ts';
import { evaluateFolder } from './commands/evaluate-folder.ts';
import { searchFolder } from './commands/search-folder.ts';

/** Runs the command line and sets the exit code: 0, 1 for a failed task, 2 for a wrong call. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has been printed already; asking for help or the version is no mistake.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.exitCode = 1;
    // What was foreseen is said in a sentence; anything else is a defect and shows where it happened.
    console.error(BitryoshkaError.isInstance(error) ? `bitryoshka: ${error.message}` : error);
  }
}

function createProgram(): Command {
  const program = new Command('bitryoshka')
    .description('Adaptive binary embeddings: search folders and measure quantizers.')
    .version(packageVersion())
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();

  program
    .command('search')
    .summary('ask a folder of text a question')
    .description(
      'Finds the passages of a folder (Markdown, text, HTML, source files) that answer a question. The first search indexes the folder; later ones read only what has changed.',
    )
    .argument('<folder>', 'the folder to search')
    .argument('<question>', 'the question, in quotes')
    .option('--k <number>', 'how many passages', parseCount(1), 5)
    .option('--model <folder or id>', 'a model for transformers.js (default: the bundled one)')
    .option('--bits <number>', 'length of the codes', parseCount(1))
    .option('--index <folder>', 'where the index is kept (default: in your cache folder)')
    .option('--json', 'print an array of passages', false)
    .action(searchFolder);

  program
    .command('demo')
    .summary('the whole path on real text, beside float search')
    .description(
      'Indexes a folder, asks it a question and compares codes with floats. Without arguments: the documentation of this folder and of the packages installed in it, and five questions.',
    )
    .argument('[folder]', 'the folder to search')
    .argument('[question]', 'the question, in quotes')
    .action(demonstrate);

  program
    .command('eval')
    .summary('compare quantizers on a retrieval set')
    .description(
      'Fits quantizers on the documents of a BEIR folder whose vectors are stored and measures nDCG@10 and the recall of the 10 nearest float vectors.',
    )
    .argument('<folder>', 'a folder in BEIR layout: qrels/test.tsv and the vectors')
    .requiredOption('--vectors <subfolder>', 'where corpus.f32/.json and queries.f32/.json are')
    .option('--quantizers <kinds>', `comma-separated: ${quantizerKinds.join(', ')}`, parseKinds, [
      'sign',
      'median',
      'itq',
    ] as const)
    .option('--bits <list>', 'comma-separated code lengths', parseCounts(1), [64, 128, 256])
    .option('--rerank <list>', 'comma-separated depths, 0 for none', parseCounts(0), [0, 40, 100])
    .option('--seed <number>', 'seed of the random rotations', parseCount(0), 0)
    .option('--json', 'print an array of rows', false)
    .action(evaluateFolder);

  return program;
}

function parseKinds(list: string): QuantizerKind[] {
  return list.split(',').map((name) => {
    const kind = quantizerKinds.find((known) => known === name.trim());
    if (!kind) {
      throw new InvalidArgumentError(`"${name}" is none of ${quantizerKinds.join(', ')}.`);
    }
    return kind;
  });
}

function parseCounts(minimum: number): (list: string) => number[] {
  return (list) => list.split(',').map(parseCount(minimum));
}

function parseCount(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`"${text}" is no whole number from ${minimum} up.`);
    }
    return value;
  };
}

function packageVersion(): string {
  const manifest = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
