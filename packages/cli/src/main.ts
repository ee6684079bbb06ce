import type { QuantizerKind } from '@bitryoshka/core';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { EvaluateFolderOptions } from './commands/evaluate-folder.ts';
import type { EvaluateQuestionsOptions } from './commands/evaluate-questions.ts';
import type { FitToFileOptions } from './commands/fit-to-file.ts';
import { addFolderCommands } from './commands/folder-commands.ts';
import { addFileFlags, addLibraryFlags } from './commands/library-flags.ts';
import { loaded } from './commands/loaded.ts';
import { packageVersion } from './commands/package-version.ts';
import { parseCount, parseCounts } from './commands/parse-count.ts';
import type { QuantizerChoice } from './evaluation/tuned-contender.ts';
import { heedClosedOutput } from './terminal/closed-output.ts';
import type { Shell } from './terminal/completion-script.ts';
import { complain } from './terminal/print.ts';
import { stripControls } from './terminal/strip-controls.ts';

/** Runs the command line and sets the exit code: 0, 1 for a failed task, 2 for a wrong call. */
export async function main(argv: readonly string[]): Promise<void> {
  heedClosedOutput();
  try {
    const program = createProgram(await quantizerNames(argv));
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has been printed already; asking for help or the version is no mistake.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.exitCode = 1;
    const { BitryoshkaError } = await import('@bitryoshka/core');
    // What was foreseen is said in a sentence; anything else is a defect and shows where it happened.
    complain(BitryoshkaError.isInstance(error) ? `bitryoshka: ${error.message}` : error);
  }
}

/** What options of some commands are called by. */
interface QuantizerNames {
  readonly quantizerKinds: readonly QuantizerKind[];
  readonly presetModels: readonly string[];
}

/** Of a folder of text, or of a BEIR folder. */
type EvaluateOptions = Omit<EvaluateFolderOptions, 'vectors' | 'bits'> &
  Omit<EvaluateQuestionsOptions, 'questions' | 'bits'> & {
    readonly questions?: string;
    readonly vectors?: string;
    readonly bits?: readonly number[];
  };

/** The script of a shell has all options. */
const commandsWithQuantizers = ['eval', 'report', 'tune', 'fit', 'completion'];

/** Core takes as long to load as all else that help and the version need. */
async function quantizerNames(argv: readonly string[]): Promise<QuantizerNames> {
  if (!argv.some((argument) => commandsWithQuantizers.includes(argument))) {
    return { quantizerKinds: [], presetModels: [] };
  }
  const { quantizerKinds } = await import('@bitryoshka/core');
  const { presetModels } = await import('@bitryoshka/core/node');
  return { quantizerKinds, presetModels };
}

const vectorsHelp =
  'vectors: .npy, .jsonl, .parquet, .f32 with its .json, a saved BinaryVectorStore, or a BEIR folder';
const columnOption = [
  '--column <name>',
  'the vectors in .jsonl and .parquet (default: embedding or vector)',
] as const;

function createProgram({ quantizerKinds, presetModels }: QuantizerNames): Command {
  const parseKind = kindParser(quantizerKinds);
  const parseKinds = (list: string): QuantizerKind[] => list.split(',').map(parseKind);
  const parseKindsOrTuned = (list: string): QuantizerChoice[] =>
    list.split(',').map((name) => (name.trim() === 'tuned' ? 'tuned' : parseKind(name)));
  const program = new Command('bitryoshka')
    .description('Adaptive binary embeddings: search folders and measure quantizers.')
    .version(packageVersion())
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 30 })
    .configureOutput({
      writeErr: (text) => process.stderr.write(stripControls(text)),
      outputError: (text, write) =>
        write(text.replace(/required option '(.+)' not specified/, 'got no $1, expected one')),
    })
    .exitOverride();

  addLibraryFlags(
    program
      .command('search')
      .summary('ask a folder of text a question')
      .description(
        'Finds the passages of a folder (Markdown, text, HTML, notebooks, source files; PDF and DOCX where unpdf and mammoth are installed) that answer a question, by meaning and by words. The first search indexes the folder; later ones read only what has changed.',
      )
      .argument('<folder>', 'the folder to search')
      .argument(
        '[question]',
        'the question, in quotes; without it, questions are asked one after another',
      ),
  )
    .option('--k <number>', 'how many passages', parseCount(1), 5)
    .option('--no-hybrid', 'search by meaning alone, not by words as well')
    .option('--verbose', 'list what was left out, and why', false)
    .option('--json', 'print an array of passages', false)
    .action(loaded(async () => (await import('./commands/search-folder.ts')).searchFolder));

  addFolderCommands(program);

  addLibraryFlags(
    program
      .command('serve')
      .summary('search folders on a page of their own')
      .description(
        'Serves a page and a JSON API to search folders with: answers as you type, float vectors beside binary codes, health and drift of the index. Only this machine reaches it, unless --host says otherwise; others have to show a token then.',
      )
      .argument('<folders...>', 'the folders to search'),
  )
    .option('--port <number>', 'where to listen; 0 for any port that is free', parsePort, 4820)
    .option('--host <address>', 'the address to listen at', '127.0.0.1')
    .addOption(
      new Option(
        '--token <token>',
        'what requests have to show (default: none on this machine, else a random one)',
      ).env('BITRYOSHKA_TOKEN'),
    )
    .option(
      '--allow-host <name>',
      'another name of the server, such as that of a proxy; repeat it',
      addTo,
    )
    .action(loaded(async () => (await import('./commands/serve-folders.ts')).serveFolders));

  program
    .command('demo')
    .summary('the whole path on real text, beside float search')
    .description(
      'Indexes a folder, asks it a question and shows when codes pay: exact search beside what an index takes by itself, at the size of the folder, ten and a hundred times that. Without arguments: the documentation of this folder and of the packages installed in it, and five questions.',
    )
    .argument('[folder]', 'the folder to search')
    .argument('[question]', 'the question, in quotes')
    .option('--no-hybrid', 'search by meaning alone, not by words as well')
    .action(loaded(async () => (await import('./commands/demonstrate.ts')).demonstrate));

  addFileFlags(
    program
      .command('eval')
      .summary('how well a folder answers your questions, or quantizers side by side')
      .description(
        'With --questions: indexes a folder as search does, asks it your questions and shows how often each way of searching finds the answer. With --vectors: fits quantizers on the documents of a BEIR folder whose vectors are stored and measures nDCG@10 and the recall of the 10 nearest float vectors.',
      )
      .argument(
        '<folder>',
        'a folder of text, or one in BEIR layout: qrels/test.tsv and the vectors',
      ),
  )
    .addOption(
      new Option(
        '--questions <file>',
        'questions and where their answers are: JSON lines of { question, file, line or text }, or question, tab, file:line',
      ).conflicts(['vectors', 'column', 'quantizers', 'rerank', 'titles', 'seed']),
    )
    .option('--misses', 'with --questions: list what was not found in the top five', false)
    .option(
      '--model <folder or id>',
      'with --questions: a model for transformers.js (default: the bundled one)',
    )
    .option('--vectors <subfolder>', 'where the vectors, corpus.* and queries.*, are')
    .option(...columnOption)
    .option(
      '--quantizers <kinds>',
      `comma-separated: tuned, ${quantizerKinds.join(', ')}`,
      parseKindsOrTuned,
      ['sign', 'median', 'itq', 'autoencoder'] as const,
    )
    .option(
      '--bits <list>',
      'comma-separated code lengths (default: 64,128,256); with --questions one, as search has it',
      parseCounts(1),
    )
    .option('--rerank <list>', 'comma-separated depths, 0 for none', parseCounts(0), [0, 40, 100])
    .option(
      '--titles [model]',
      "learn also from the documents' titles, embedded by this model (default: the bundled one)",
    )
    .option('--seed <number>', 'seed of the random rotations', parseCount(0), 0)
    .option('--json', 'print one object with --questions, else an array of rows', false)
    .action(async (folder: string, options: EvaluateOptions, command: Command) => {
      const { bits, questions, vectors } = options;
      if (questions !== undefined) {
        if (bits && bits.length > 1) command.error('error: --questions takes one length of --bits');
        const { evaluateQuestions } = await import('./commands/evaluate-questions.ts');
        await evaluateQuestions(folder, { ...options, questions, bits: bits?.[0] });
        return;
      }
      if (vectors === undefined) {
        command.error(
          'error: expected --questions <file>, for a folder of text, or --vectors <subfolder>, for a BEIR folder',
        );
      }
      const { evaluateFolder } = await import('./commands/evaluate-folder.ts');
      await evaluateFolder(folder, { ...options, vectors, bits: bits ?? [64, 128, 256] });
    });

  program
    .command('report')
    .summary('the same with charts, as one HTML page')
    .description(
      'Evaluates quantizers as eval does and writes a page that loads nothing: quality against size, re-ranking, distributions and thresholds, balance and correlation of the bits, time per stage, and the table.',
    )
    .argument('<folder>', 'a folder in BEIR layout: qrels/test.tsv and the vectors')
    .requiredOption('--vectors <subfolder>', 'where the vectors, corpus.* and queries.*, are')
    .option(...columnOption)
    .option('--out <file>', 'the page', 'report.html')
    .option(
      '--quantizers <kinds>',
      `comma-separated: ${quantizerKinds.join(', ')}`,
      parseKindsOrTuned,
      ['sign', 'median', 'itq', 'autoencoder'] as const,
    )
    .option('--bits <list>', 'comma-separated code lengths', parseCounts(1), [64, 128, 256])
    .option(
      '--rerank <list>',
      'comma-separated depths, 0 for none',
      parseCounts(0),
      [0, 20, 40, 100, 200],
    )
    .option('--seed <number>', 'seed of the random rotations', parseCount(0), 0)
    .option('--json', 'print the data of the page instead', false)
    .action(loaded(async () => (await import('./commands/write-report.ts')).writeReport));

  program
    .command('tune')
    .summary('find the quantizer that fits stored vectors best')
    .description(
      'Fits every candidate to a part of the vectors, asks the held-out rest, and takes the simplest one that no other beats by more than chance.',
    )
    .argument('<path>', vectorsHelp)
    .option('--vectors <subfolder>', 'the path is a BEIR folder: where its vectors, corpus.*, are')
    .option(...columnOption)
    .option('--bits <number>', 'length of a code', parseCount(1))
    .option('--bytes <number>', 'bytes that a vector may take, instead of bits', parseCount(1))
    .option('--queries <path>', 'vectors of queries to ask (default: held-out documents)')
    .option('--k <number>', 'neighbours that are wanted', parseCount(1), 10)
    .option('--rerank <number>', 'candidates re-ranked with the float vectors', parseCount(0), 40)
    .option('--candidates <kinds>', `comma-separated: ${quantizerKinds.join(', ')}`, parseKinds)
    .option('--scoring <scoring>', 'symmetric, asymmetric or decoded (default: decoded)')
    .option('--seed <number>', 'seed of the split and the fits', parseCount(0), 0)
    .option('--out <file>', 'save the chosen quantizer, fitted to all vectors')
    .option('--json', 'print one object: the choice, the reason and the table', false)
    .action(loaded(async () => (await import('./commands/tune-quantizer.ts')).tuneQuantizer));

  program
    .command('fit')
    .summary('learn a quantizer from stored vectors and save it')
    .argument('<path>', vectorsHelp)
    .option('--vectors <subfolder>', 'the path is a BEIR folder: where its vectors, corpus.*, are')
    .option(...columnOption)
    .option('--bits <number>', 'length of a code', parseCount(1))
    .addOption(
      new Option(
        '--preset <model>',
        'refine the thresholds that come with bitryoshka for this model',
      )
        .choices(presetModels)
        .conflicts(['bits', 'kind']),
    )
    .option(
      '--kind <kind>',
      `one of ${quantizerKinds.join(', ')}`,
      parseKind,
      'autoencoder' as const,
    )
    .option('--queries <path>', 'vectors of queries, for kinds that learn from them')
    .option('--seed <number>', 'seed of the fit', parseCount(0), 0)
    .option('--out <file>', 'where to save it', 'quantizer.safetensors')
    .option('--encode <file.npy>', 'write the codes of the vectors as well, as bytes for NumPy')
    .action(async (path: string, options: Partial<FitToFileOptions>, command: Command) => {
      if (options.bits === undefined && options.preset === undefined) {
        command.error('error: expected --bits <number>, the length of a code, or --preset <model>');
      }
      const { fitToFile } = await import('./commands/fit-to-file.ts');
      await fitToFile(path, options as FitToFileOptions);
    });

  program
    .command('train')
    .summary('train a head on stored vectors and save it')
    .description(
      'Trains an encoder and a decoder of codes together, in a thread, compares each stage with its start on held-out vectors, keeps the best and prints how it came about.',
    )
    .argument('<path>', vectorsHelp)
    .requiredOption('--bits <number>', 'length of a code', parseCount(1))
    .option('--vectors <subfolder>', 'the path is a BEIR folder: where its vectors, corpus.*, are')
    .option(...columnOption)
    .option('--nested <list>', 'lengths of prefixes that are codes by themselves', parseCounts(1))
    .addOption(new Option('--head <architecture>', 'what encodes').choices(['linear', 'mlp']))
    .addOption(
      new Option('--binarize <how>', 'how bits are made while training').choices([
        'ste',
        'sigmoid',
        'gumbel',
      ]),
    )
    .addOption(
      new Option(
        '--decoder <kind>',
        'a vector per bit, or 256 per byte (default for many vectors)',
      ).choices(['linear', 'additive']),
    )
    .addOption(
      new Option(
        '--pairs <file>',
        'learn also from queries of a BEIR folder and what answers them, as qrels/train.tsv',
      ).conflicts('titles'),
    )
    .option(
      '--titles [model]',
      'learn also from the titles of a BEIR folder, embedded by this model (default: the bundled one)',
    )
    .option('--from <file>', 'a head to train further')
    .option('--checkpoint <file>', 'keep what training needs to go on here, and go on from it')
    .option('--steps <number>', 'steps of training (default: by the vectors)', parseCount(0))
    .option('--rerank <number>', 'depth at which stages are compared', parseCount(0), 40)
    .option('--seed <number>', 'seed of the split and the training', parseCount(0), 0)
    .option('--out <file>', 'where to save it', 'head.safetensors')
    .option('--json', 'print one object: the stages and the curve', false)
    .action(loaded(async () => (await import('./commands/train-head.ts')).trainHead));

  program
    .command('analyze')
    .summary('the distribution of stored vectors, and their drift')
    .description(
      'Describes stored vectors: directions, rank, energy by position, balance of the sign bits and the dimensions that stand out. With --against, how far they moved from others.',
    )
    .argument('<path>', vectorsHelp)
    .option('--vectors <subfolder>', 'the paths are BEIR folders: where corpus.* are')
    .option(...columnOption)
    .option('--against <other>', 'the vectors that a quantizer was fitted on')
    .option('--json', 'print one object: statistics and drift', false)
    .action(loaded(async () => (await import('./commands/analyze-vectors.ts')).analyzeVectors));

  program
    .command('verify')
    .summary('what is wrong with a store, and what is left of it')
    .description(
      'Reads every file of a folder that BinaryVectorStore.save has written, or the SQLite file of BinaryVectorStore.open or BinaryStore.open, says what is wrong with it, and brings back what is whole: documents first, and the vectors whose checksums are right.',
    )
    .argument('<path>', 'the folder that was saved, or the file')
    .option('--recover <path>', 'a new folder, or a new file, for what can be brought back')
    .option('--json', 'print one object', false)
    .action(loaded(async () => (await import('./commands/verify-store.ts')).verifyStore));

  program
    .command('inspect')
    .summary('what a file of bitryoshka is')
    .description(
      'Kind, version, dimensions, bits, rows and sizes of a quantizer, an index, a folder of BinaryVectorStore.save or a file of BinaryVectorStore.open. Reads headers and checks nothing: verify does.',
    )
    .argument('<path>', 'the file or the folder')
    .option('--json', 'print one object', false)
    .action(loaded(async () => (await import('./commands/inspect-file.ts')).inspectFile));

  program
    .command('migrate')
    .summary('move what another vector store has saved')
    .description(
      'Reads a folder that HNSWLib or FaissStore of LangChain saved, or a table of a SQLite file with sqlite-vec, and saves it as a BinaryVectorStore. Vectors, ids and metadata are taken over; nothing is embedded again.',
    )
    .argument('<source>', 'the folder or the SQLite file')
    .argument('<folder>', 'where to save the store: a new or an empty folder')
    .option('--table <name>', 'SQLite: the table or view that has the rows')
    .option('--vector <column>', 'SQLite: the vectors (default: embedding)')
    .option('--text <column>', 'SQLite: the texts (default: text)')
    .option('--id <column>', 'SQLite: the ids (default: rowid)')
    .option(
      '--metadata <columns>',
      'SQLite: one of JSON, or several, comma-separated (default: metadata)',
      parseColumns,
    )
    .addOption(
      new Option('--duplicates <what>', 'where different documents have one id')
        .choices(['refuse', 'last'])
        .default('refuse'),
    )
    .option('--json', 'print one object', false)
    .action(loaded(async () => (await import('./commands/migrate-store.ts')).migrateStore));

  program
    .command('completion')
    .summary('let a shell complete what is typed')
    .description(
      'Prints a script for a shell. For bash and zsh, put source <(bitryoshka completion bash) into ~/.bashrc or ~/.zshrc; for fish, bitryoshka completion fish > ~/.config/fish/completions/bitryoshka.fish.',
    )
    .addArgument(new Argument('<shell>', 'whose script it is').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./terminal/completion-script.ts');
      process.stdout.write(completionScript(program, shell));
    });

  return program;
}

/** Lists end with a comma where they have one column. */
function parseColumns(list: string): string | string[] {
  if (!list.includes(',') && list !== '') return list;
  return list.split(',').filter((name) => name !== '');
}

function kindParser(kinds: readonly QuantizerKind[]): (name: string) => QuantizerKind {
  return (name) => {
    const kind = kinds.find((known) => known === name.trim());
    if (!kind) throw new InvalidArgumentError(`"${name}" is none of ${kinds.join(', ')}.`);
    return kind;
  };
}

/** Options that are repeated: a list after one would take the folder and the question with it. */
function addTo(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function parsePort(text: string): number {
  const port = parseCount(0)(text);
  if (port > 65_535) throw new InvalidArgumentError(`"${text}" is no port.`);
  return port;
}
