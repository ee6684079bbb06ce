import { buildIndex, nestedCodes } from './bitryoshka.mjs';

export { settings } from './bitryoshka.mjs';

export const build = (given) => buildIndex(given, { ...nestedCodes(given), storage: 'float16' });
