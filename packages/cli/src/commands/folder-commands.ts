import type { Command } from 'commander';
import { addLibraryFlags } from './library-flags.ts';
import { loaded } from './loaded.ts';
import { parseCount } from './parse-count.ts';

/** Commands on folders of text and on what is kept of them. */
export function addFolderCommands(program: Command): void {
  addLibraryFlags(
    program
      .command('ask')
      .summary('an answer from a folder, with citations')
      .description(
        'A chat model answers from the passages that are found, and cites them: one of Ollama on this machine, or any that LangChain knows. What it cites is checked to be among them.',
      )
      .argument('<folder>', 'the folder to search')
      .argument('<question>', 'the question, in quotes'),
    '--embeddings',
  )
    .option(
      '--model <provider:name>',
      'the chat model, such as ollama:llama3.2 (default: what Ollama has)',
    )
    .option('--k <number>', 'how many passages it reads', parseCount(1), 8)
    .option('--no-hybrid', 'search by meaning alone, not by words as well')
    .option('--json', 'print one object: the answer and what it cites', false)
    .action(loaded(async () => (await import('./ask-folder.ts')).askFolder));

  addLibraryFlags(
    program
      .command('mcp')
      .summary('let assistants search folders, by the Model Context Protocol')
      .description(
        'Serves the tools search, read_passage and list_sources over standard input and output, for Claude Desktop, VS Code, Cursor and others. They read the folders, follow their changes, and change nothing.',
      )
      .argument('<folder...>', 'the folders to search'),
  )
    .option('--no-hybrid', 'search by meaning alone, not by words as well')
    .action(loaded(async () => (await import('./serve-mcp.ts')).serveMcp));

  addLibraryFlags(
    program
      .command('index')
      .summary('index folders, and ask nothing')
      .description(
        'Makes the indexes of folders, or reads what is new and has changed. What was interrupted goes on.',
      )
      .argument('<folder...>', 'the folders to index'),
  )
    .option('--json', 'print an array: what became of each folder', false)
    .action(loaded(async () => (await import('./index-folders.ts')).indexFolders));

  addLibraryFlags(
    program
      .command('watch')
      .summary('keep the index of a folder up to date')
      .description('Indexes a folder, and again whenever something in it changes, until Ctrl-C.')
      .argument('<folder>', 'the folder to watch'),
  ).action(loaded(async () => (await import('./watch-folder.ts')).watchFolder));

  program
    .command('list')
    .summary('which indexes are kept')
    .description('The indexes in your cache folder: of which folder, how large, how old.')
    .option('--json', 'print an array', false)
    .action(loaded(async () => (await import('./list-indexes.ts')).listIndexes));

  program
    .command('clear')
    .summary('remove indexes')
    .description(
      'Removes the indexes of a folder, or all in your cache folder. They are made again when they are needed; the folders themselves are not touched.',
    )
    .argument('[folder]', 'the folder that was indexed (default: all)')
    .option('--index <folder>', 'an index that is kept here, not in the cache')
    .action(loaded(async () => (await import('./clear-indexes.ts')).clearIndexes));
}
