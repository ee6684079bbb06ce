// As little memory as possible: short codes there, the vectors in a file.
import { fileVectors } from '../../../packages/core/dist/node/index.js';
import { buildIndex } from './bitryoshka.mjs';

export { scanSettings as settings } from './bitryoshka.mjs';

export const build = (given) =>
  buildIndex(given, {
    kind: 'itq',
    bits: 256,
    storage: fileVectors({ directory: given.folder, format: 'float16' }),
  });
