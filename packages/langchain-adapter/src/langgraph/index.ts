export type { BinaryStoreOptions } from './binary-store.ts';
export { BinaryStore } from './binary-store.ts';
