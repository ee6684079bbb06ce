export type { CandidatesOptions, GraphIndexOptions, GraphSearchOptions } from './graph-index.ts';
export { GraphIndex } from './graph-index.ts';
