export { countInVectors, scan, scanTile } from './scan';
export { descend } from './descend';
export { descendBytes } from './descend-bytes';
export { dotProductsOfBytes, dotProductsOfHalves } from './encoded';
export { dotProducts, multiplyTransposed } from './multiply';
export { countInLanes, countInWords } from './probe';
export { multiplyStrided } from './product';
export { fillTables, largestSums, sumByPlanes, sumByTables } from './score';
export { scanSliced, slice } from './sliced';
