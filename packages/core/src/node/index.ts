export type { ReadBeirOptions } from './read-beir-folder.ts';
export { readBeirFolder } from './read-beir-folder.ts';
export type { NamedVectors } from './read-vectors.ts';
export { readVectors } from './read-vectors.ts';
