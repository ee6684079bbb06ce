import type { TaskOptions } from '@bitryoshka/core';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { CollectOptions } from '../folders/collect-files.ts';
import type { OpenLibraryOptions } from '../library/folder-library.ts';
import { parseCount } from './parse-count.ts';

/** What decides which index of a folder is used: commands that are given the same use the same. */
export interface LibraryFlags {
  readonly model?: string;
  readonly bits?: number | undefined;
  readonly index?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly ignore?: boolean;
  /** MiB. */
  readonly maxSize?: number;
  readonly hybrid?: boolean;
}

/** @param model what the model is called, where `--model` is another one */
export function addLibraryFlags(command: Command, model = '--model'): Command {
  command
    .option(`${model} <folder or id>`, 'a model for transformers.js (default: the bundled one)')
    .option('--bits <number>', 'length of the codes', parseCount(1));
  return addFileFlags(command);
}

/** Where the index is, and which files are in it. */
export function addFileFlags(command: Command): Command {
  return command
    .option('--index <folder>', 'where the index is kept (default: in your cache folder)')
    .option(
      '--include <glob>',
      'only files that match: *.md anywhere, /docs here; repeat it',
      addTo,
    )
    .option('--exclude <glob>', 'no files and folders that match; repeat it', addTo)
    .option(
      '--no-ignore',
      'also what .gitignore names, hidden files, node_modules and generated files',
    )
    .option('--max-size <MiB>', 'leave out larger files (default: 4)', parsePositive);
}

/** Options that are repeated: a list after one would take the folder and the question with it. */
function addTo(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) {
    throw new InvalidArgumentError(`"${text}" is no number above 0.`);
  }
  return value;
}

export function libraryOptions({
  model,
  bits,
  index: indexFolder,
  hybrid,
  ...files
}: LibraryFlags): Omit<OpenLibraryOptions, keyof TaskOptions> {
  return { model, bits, indexFolder, hybrid, collect: collectOptions(files) };
}

/** Only what is asked for: it names the index. */
function collectOptions({
  include,
  exclude,
  ignore,
  maxSize,
}: Pick<LibraryFlags, 'include' | 'exclude' | 'ignore' | 'maxSize'>): CollectOptions {
  return {
    ...(include && { include }),
    ...(exclude && { exclude }),
    ...(ignore === false && { ignore }),
    ...(maxSize !== undefined && { maximumBytes: Math.round(maxSize * 1024 * 1024) }),
  };
}
