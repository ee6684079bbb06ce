export const bundled = 'bundled';
export const words = 'BM25';
