export { descend } from './descend';
export { descendBytes } from './descend-bytes';
export { multiplyTransposed } from './multiply';
export { multiplyStrided } from './product';
export { rotate } from './rotate';
export { searchWords } from './search-words';
export { solveFactored, turnVectors } from './solve';
