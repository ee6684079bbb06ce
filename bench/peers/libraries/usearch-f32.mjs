import { buildIndex } from './usearch.mjs';

export { settings } from './usearch.mjs';

export const build = (given) => buildIndex(given, 'F32');
