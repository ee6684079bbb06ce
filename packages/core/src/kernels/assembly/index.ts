export { scan } from './scan';
export { multiplyTransposed } from './multiply';
