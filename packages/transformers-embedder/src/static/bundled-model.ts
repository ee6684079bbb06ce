import type { ModelFiles } from '../models/model-files.ts';
import { givenFiles } from '../models/model-files.ts';

let files: Promise<ModelFiles> | undefined;

/**
 * The files of the model that comes with this package. They are in a module, which Node, bundlers, Jest and
 * browsers all find in the same way, and which is only read when the model is wanted.
 */
export function bundledFiles(): Promise<ModelFiles> {
  files ??= import('#bundled-model').then((module) => {
    const { texts, binaries, hashes } = module.default ?? module;
    const given = Object.fromEntries([
      ...Object.entries(texts),
      ...Object.entries(binaries).map(([file, base64]) => [file, fromBase64(base64)] as const),
    ]);
    return { ...givenFiles(given, 'the bundled model'), hash: async (file) => hashes[file] };
  });
  // A failed import is tried again.
  files.catch(() => {
    files = undefined;
  });
  return files;
}

/** The fastest way that there is: Node's, that of newer engines, or the oldest one. */
function fromBase64(base64: string): Uint8Array {
  const { Buffer } = globalThis as { Buffer?: { from(text: string, form: string): Uint8Array } };
  if (Buffer) return Buffer.from(base64, 'base64');
  const { fromBase64: decode } = Uint8Array as { fromBase64?: (text: string) => Uint8Array };
  if (decode) return decode.call(Uint8Array, base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
