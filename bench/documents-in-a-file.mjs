// Documents of a store in a file, as the benchmarks of these make them, and what opens the file.
import { createRequire } from 'node:module';

export const isGerman = (row) => row % 3 === 0;

export function documentOf(row) {
  return {
    pageContent: `passage ${row}: ${wordsOf(row)} ${'and what is said of it, at some length '.repeat(6)}`,
    metadata: { row, lang: isGerman(row) ? 'de' : 'en' },
  };
}

export function wordsOf(row) {
  return `word${row % 997} word${row % 8191} word${row % 65_521}`;
}

/** Of words alone, for what asks by text. */
export const embeddings = {
  embedQuery: async () => Array.from({ length: 256 }, (_, i) => Math.cos(i)),
};

/** That of a package, where Node has none. */
export const driver = process.getBuiltinModule('node:sqlite') ? undefined : packagedDriver();

function packagedDriver() {
  const { DatabaseSync } = createRequire(
    new URL('../packages/langchain-adapter/package.json', import.meta.url),
  )('@photostructure/sqlite');
  return (file) => new DatabaseSync(file);
}
