import type { TaskOptions } from '@bitryoshka/core';
import type { Command } from 'commander';
import type { OpenLibraryOptions } from '../library/folder-library.ts';
import { parseCount } from './parse-count.ts';

/** What decides which index of a folder is used: commands that are given the same use the same. */
export interface LibraryFlags {
  readonly model?: string;
  readonly bits?: number;
  readonly index?: string;
  readonly hybrid?: boolean;
}

/** @param model what the model is called, where `--model` is another one */
export function addLibraryFlags(command: Command, model = '--model'): Command {
  return command
    .option(`${model} <folder or id>`, 'a model for transformers.js (default: the bundled one)')
    .option('--bits <number>', 'length of the codes', parseCount(1))
    .option('--index <folder>', 'where the index is kept (default: in your cache folder)');
}

export function libraryOptions({
  model,
  bits,
  index: indexFolder,
  hybrid,
}: LibraryFlags): Omit<OpenLibraryOptions, keyof TaskOptions> {
  return { model, bits, indexFolder, hybrid };
}
