export { scan } from './scan';
export { dotProducts, multiplyTransposed } from './multiply';
export { multiplyStrided } from './product';
export { fillTables, sumByPlanes, sumByTables } from './score';
