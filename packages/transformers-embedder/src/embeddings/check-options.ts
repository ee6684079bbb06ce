import { BitryoshkaError } from '@bitryoshka/core';
import { poolings } from '../encoders/pooling.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';

type Check = readonly [expected: string, isValid: (value: unknown) => boolean];

const text: Check = ['a string', (value) => typeof value === 'string'];
const name: Check = [
  'a string that is not empty',
  (value) => typeof value === 'string' && value !== '',
];
const flag: Check = ['true or false', (value) => typeof value === 'boolean'];
const count: Check = [
  'a whole number of at least 1',
  (value) => Number.isInteger(value) && (value as number) >= 1,
];

const checks: Readonly<Record<string, Check>> = {
  model: name,
  pooling: [poolings.join(', '), (value) => (poolings as readonly unknown[]).includes(value)],
  normalize: flag,
  dimensions: count,
  layerNorm: flag,
  queryPrefix: text,
  documentPrefix: text,
  maxTokens: count,
  batchSize: count,
  quantized: flag,
  cacheDirectory: name,
  onProgress: ['a function', (value) => typeof value === 'function'],
};

/**
 * Checks what plain JavaScript callers may get wrong.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkOptions(options: MatryoshkaEmbeddingsOptions): void {
  for (const [key, [expected, isValid]] of Object.entries(checks)) {
    const value: unknown = options[key as keyof MatryoshkaEmbeddingsOptions];
    if (value === undefined || isValid(value)) continue;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `${key}: got ${JSON.stringify(value) ?? typeof value}, expected ${expected}.`,
      remedy: `Correct \`${key}\`, or leave it out for its default.`,
    });
  }
}
