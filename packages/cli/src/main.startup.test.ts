import { expect, it, vi } from 'vitest';
import { main } from './main.ts';
import { captureOutput } from './terminal/capture-output.suite.ts';

const output = captureOutput();

// What takes long to load; whoever imports it here fails.
vi.mock('@bitryoshka/core', () => {
  throw new Error('core was loaded');
});
vi.mock('@bitryoshka/core/node', () => {
  throw new Error('core/node was loaded');
});
vi.mock('@bitryoshka/langchain', () => {
  throw new Error('langchain was loaded');
});
vi.mock('@bitryoshka/transformers', () => {
  throw new Error('transformers was loaded');
});

it.each([['--version'], ['--help'], ['search', '--help'], ['mcp', '--help'], ['train', '--help']])(
  '%s %s loads nothing that it does not need',
  async (...args) => {
    await main(['node', 'bitryoshka', ...args]);
    expect(output.complained).toBe('');
    expect(output.printed).not.toBe('');
    expect(process.exitCode).toBe(0);
  },
);
