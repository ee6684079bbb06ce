import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { row } from '@bitryoshka/core';
import { describe, expect, test } from 'vitest';
import { MatryoshkaEmbeddings } from './matryoshka-embeddings.ts';

const shared = new URL('../../../../../shared/', import.meta.url);
const teacher = fileURLToPath(new URL('models/all-MiniLM-L6-v2', shared));
const data = new URL('data/scifact/', shared);

function texts(file: string): string[] {
  return readFileSync(new URL(file, data), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { title?: string; text: string })
    .map(({ title = '', text }) => `${title} ${text}`.trim());
}

function stored(file: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(new URL(`minilm/${file}`, data))).buffer);
}

describe.skipIf(!existsSync(teacher) || !existsSync(data))(
  'MiniLM gives its stored vectors (skipped without ../shared)',
  () => {
    const embeddings = new MatryoshkaEmbeddings({ model: teacher });

    async function leastCosine(
      all: string[],
      picked: number[],
      vectors: Float32Array,
      side: 'query' | 'document',
    ) {
      const matrix = await embeddings.embedMatrix(
        picked.map((i) => all[i]),
        side,
      );
      return Math.min(
        ...picked.map((i, at) =>
          row(matrix, at).reduce((sum, value, j) => sum + value * vectors[i * 384 + j], 0),
        ),
      );
    }

    test('for documents, the longest included', async () => {
      const all = texts('corpus.jsonl');
      const longest = Array.from(all.keys()).sort((a, b) => all[b].length - all[a].length);
      const picked = [...all.slice(0, 40).keys(), ...longest.slice(0, 40)];
      expect(await leastCosine(all, picked, stored('corpus.f32'), 'document')).toBeGreaterThan(
        0.999,
      );
    });

    test('for queries', async () => {
      const all = texts('queries.jsonl').slice(0, 100);
      const least = await leastCosine(all, [...all.keys()], stored('queries.f32'), 'query');
      expect(least).toBeGreaterThan(0.999);
    });
  },
);
