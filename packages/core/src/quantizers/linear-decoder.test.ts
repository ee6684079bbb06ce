import { expect, it } from 'vitest';
import { packSigns } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import { atOnce } from '../progress/steps.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { fitLinearDecoder } from './linear-decoder.ts';

const random = seededRandom(8);
const codes = packSigns(randomMatrix(3000, 10));
const truth = {
  weights: randomMatrix(7, 10),
  bias: Float32Array.of(1, -2, 0, 3, 0.5, 0, -1),
  inputDimensions: 10,
};
const vectors = applyAffineMap(truth, unpackSigns(codes));
const decoder = atOnce(fitLinearDecoder(codes, vectors));

it('finds the map that made the vectors', () => {
  decoder.map.weights?.data.forEach((value, p) => {
    expect(value).toBeCloseTo(truth.weights.data[p], 1);
  });
  const decoded = decoder.decode(codes);
  for (const i of [0, 17, 2999]) {
    const distance = Math.hypot(...row(decoded, i).map((value, j) => value - row(vectors, i)[j]));
    expect(distance).toBeLessThan(0.02 * Math.hypot(...row(vectors, i)));
  }
});

it('keeps lengths in a byte, to half a step', () => {
  const bytes = decoder.encodeNorms(codes);
  const inverse = decoder.inverseNorms();
  const decoded = decoder.decode(codes);
  const [smallest, largest] = decoder.normRange;
  for (let i = 0; i < codes.rows; i++) {
    const kept = 1 / inverse[bytes[i]];
    expect(Math.abs(kept - Math.hypot(...row(decoded, i)))).toBeLessThan(
      (largest - smallest) / 255 / 2 + 1e-4,
    );
  }
});

it('takes a query into the space of the bits', () => {
  const query = randomMatrix(1, 7).data;
  const { values, constant } = decoder.query(query);
  const signs = unpackSigns(codes);
  const decoded = decoder.decode(codes);
  for (const i of [1, 100]) {
    const viaBits = row(signs, i).reduce((sum, sign, j) => sum + sign * values[j], constant);
    const direct = row(decoded, i).reduce((sum, value, j) => sum + value * query[j], 0);
    expect(viaBits).toBeCloseTo(direct, 3);
  }
});

it('decodes when all codes are the same', () => {
  const same = packSigns({ rows: 4, columns: 3, data: new Float32Array(12).fill(1) });
  const constant = { rows: 4, columns: 2, data: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0) };
  const flat = atOnce(fitLinearDecoder(same, constant));
  expect(flat.decode(same).data[0]).toBeCloseTo(1, 2);
  expect(flat.inverseNorms()[flat.encodeNorms(same)[0]]).toBeCloseTo(1, 2);
});

function randomMatrix(rows: number, columns: number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, () => gaussian(random));
  return { rows, columns, data };
}
