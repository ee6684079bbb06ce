import { existsSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';

/** Where a model is read from. */
export type ModelLocation =
  | { readonly kind: 'folder'; readonly parent: string; readonly name: string }
  | { readonly kind: 'hub'; readonly id: string };

/**
 * Tells a folder from a hub id: what exists on disk or is written like a path is a folder.
 *
 * @throws BitryoshkaError `model-not-found` when the folder, or a file that it needs, is missing.
 */
export function locateModel(model: string, quantized: boolean): ModelLocation {
  const looksLikePath = model.startsWith('.') || isAbsolute(model);
  if (!looksLikePath && !isFolder(model)) return { kind: 'hub', id: model };
  const folder = resolve(model);
  if (!isFolder(folder)) {
    throw new BitryoshkaError({
      code: 'model-not-found',
      message: `model: ${folder} is no folder, expected one in the layout of transformers.js.`,
      remedy: 'Check the path, or leave `model` out to use the bundled model.',
    });
  }
  checkFiles(folder, quantized);
  return { kind: 'folder', parent: dirname(folder), name: basename(folder) };
}

function checkFiles(folder: string, quantized: boolean): void {
  const weights = weightsFile(quantized);
  const needed = ['config.json', 'tokenizer.json', 'tokenizer_config.json', weights];
  const missing = needed.filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return;
  const hasOther = missing[0] === weights && existsSync(join(folder, weightsFile(!quantized)));
  throw new BitryoshkaError({
    code: 'model-not-found',
    message: `model: ${folder} has no ${missing.join(', no ')}, expected ${needed.join(', ')}.`,
    remedy: hasOther
      ? `Set \`quantized: ${!quantized}\`: that file is there.`
      : 'Copy the missing files of the model into the folder.',
  });
}

function weightsFile(quantized: boolean): string {
  return quantized ? 'onnx/model_quantized.onnx' : 'onnx/model.onnx';
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
