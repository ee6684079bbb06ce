import { buildIndex } from './bitryoshka.mjs';

export { settings } from './bitryoshka.mjs';

export const build = (given) => buildIndex(given, 128);
