import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readVectors } from '../node/read-vectors.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows } from '../vectors/matrix.ts';
import { analyzeVectors } from './analyze-vectors.ts';
import { measureDrift } from './measure-drift.ts';

const data = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));

describe.skipIf(!existsSync(data))('real vectors (skipped without ../shared)', () => {
  it('drift between subjects, not between halves of one', async () => {
    const cranfield = (await readVectors(`${data}cranfield/minilm/corpus`)).vectors;
    const scifact = (await readVectors(`${data}scifact/minilm/corpus`)).vectors;
    const analyze = (vectors: Matrix) => analyzeVectors(vectors, { covariance: false });
    const halves = [0, 1].map((half) =>
      selectRows(
        scifact,
        Array.from({ length: scifact.rows >> 1 }, (_, i) => 2 * i + half),
      ),
    );
    const [even, odd] = await Promise.all(halves.map(analyze));
    expect(measureDrift(even, odd).score).toBeLessThan(0.01);
    // All but zero in this model, and different noise in each set.
    expect(even.dimensions[223].variance).toBeLessThan(1e-30);
    const moved = measureDrift(await analyze(scifact), await analyze(cranfield));
    expect(moved.recommendation).toBe('refit');
    expect(moved.worst.map(({ dimension }) => dimension)).not.toContain(223);
  });
});
