import { buildIndex } from './bitryoshka.mjs';

export { settings } from './bitryoshka.mjs';

export const build = (given) =>
  buildIndex(given, { kind: 'random', bits: 384, storage: 'float16' });
