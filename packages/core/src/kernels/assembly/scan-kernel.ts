export {
  dotProducts,
  dotProductsOfBytes,
  dotProductsOfHalves,
  dotProductsOfNibbles,
  dotProductsOfPairs,
} from './dot-products';
export { countInLanes, countInWords } from './probe';
export { countInVectors, scan, scanTile } from './scan';
export { fillTables, largestSums, sumByPlanes, sumByTables } from './score';
export { scanSliced, slice } from './sliced';
