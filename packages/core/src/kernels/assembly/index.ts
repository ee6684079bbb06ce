export { scan } from './scan';
export { dotProducts, multiplyTransposed } from './multiply';
export { fillTables, sumByPlanes, sumByTables } from './score';
