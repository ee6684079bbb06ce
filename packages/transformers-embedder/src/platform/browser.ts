import { BitryoshkaError } from '@bitryoshka/core';
import type { Thread } from './node.ts';

// There are no folders: models come from a URL, from the hub or as bytes.

export const hasFolders = false;

export function folderOf(_model: string): string | undefined {
  return undefined;
}

export function isFolder(_path: string): boolean {
  return false;
}

export function isFileOf(_folder: string, _name: string): boolean {
  return false;
}

export async function readFileOf(_folder: string, _name: string): Promise<Uint8Array | undefined> {
  return undefined;
}

export async function hashFileOf(_folder: string, _name: string): Promise<string | undefined> {
  return undefined;
}

export async function writeFileOf(_folder: string, _name: string, _text: string): Promise<void> {}

export function pathOf(folder: string, name: string): string {
  return `${folder}/${name}`;
}

export async function importModule(name: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}

export function environmentVariable(_name: string): string | undefined {
  return undefined;
}

export async function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.addEventListener('message', resolve, { once: true });
    port1.start();
    // Not a timer: browsers make nested ones wait for 4 ms.
    port2.postMessage(0);
  });
  port1.close();
}

export type { Thread };

export function startEmbedderThread(): Thread {
  throw new BitryoshkaError({
    code: 'not-supported',
    message: 'worker: got true, which browsers have not.',
    remedy: 'Leave it out, and make the embeddings in a worker of your own.',
  });
}
