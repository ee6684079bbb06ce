import { expect, it } from 'vitest';
import { applyAffineMap } from '../transforms/affine-map.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { trainAdapter } from './train-adapter.ts';

const random = seededRandom(5);
const centres = Array.from({ length: 30 * 20 }, () => gaussian(random));
const data = Float32Array.from(
  { length: 1500 * 20 },
  (_, p) => (centres[(Math.floor(p / 20) % 30) * 20 + (p % 20)] as number) + 0.5 * gaussian(random),
);
const vectors = { rows: 1500, columns: 20, data };

it.each(['none', 'ste'] as const)(
  'makes leading dimensions find more than it starts with (%s)',
  async (binarize) => {
    const options = { dimensions: [4, 8, 16], binarize, steps: 150, rerank: 12 };
    const { map, curve } = await trainAdapter(vectors, options);
    const recalls = curve.map(({ recall }) => recall);
    expect(Math.max(...recalls)).toBeGreaterThan((recalls[0] as number) + 0.01);
    expect(applyAffineMap(map, vectors).columns).toBe(16);
    expect((await trainAdapter(vectors, options)).map).toEqual(map);
  },
);

it.each([[[]], [[21]], [[0, 4]]])('refuses dimensions %o', async (dimensions) => {
  await expect(trainAdapter(vectors, { dimensions })).rejects.toThrow(/from 1 to 20/);
});
