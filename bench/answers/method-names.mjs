export const bundled = 'bundled';
export const words = 'BM25';
export const commandLine = 'command line';
