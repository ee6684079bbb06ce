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

const options = { dimensions: [4, 8, 16], steps: 150, rerank: 12 };

it('makes signs of leading dimensions find more than ITQ, from which it starts', async () => {
  const { map, curve } = await trainAdapter(vectors, { ...options, binarize: 'ste' });
  const recalls = curve.map(({ recall }) => recall);
  expect(Math.max(...recalls)).toBeGreaterThan((recalls[0] as number) + 0.005);
  expect(applyAffineMap(map, vectors).columns).toBe(16);
});

it('brings the order by leading dimensions nearer to that by all', async () => {
  const { map, curve } = await trainAdapter(vectors, { ...options, steps: 400 });
  const losses = curve.slice(1).map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  expect(map.bias).toHaveLength(16);
});

it('is the same when trained again', async () => {
  const short = { ...options, steps: 12 };
  const first = await trainAdapter(vectors, short);
  expect(await trainAdapter(vectors, short)).toEqual(first);
});

it.each([[[]], [[21]], [[0, 4]]])('refuses dimensions %o', async (dimensions) => {
  await expect(trainAdapter(vectors, { dimensions })).rejects.toThrow(/from 1 to 20/);
});
