export {
  bypass, codeAt, entriesAt, foundAt, layGraph, layNotes, linkNode, linksAt, setQuery, walk, weighNodes,
} from './code-graph';
export { countInLanes, countInWords } from './probe';
export { countInVectors } from './scan';
