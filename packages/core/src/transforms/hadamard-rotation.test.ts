import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { hadamardFunction, hadamardInverse, randomHadamardMap } from './hadamard-rotation.ts';

const random = seededRandom(4);

describe.each([64, 100, 384])('a random Hadamard map of %i dimensions', (dimensions) => {
  const shift = Float32Array.from({ length: dimensions }, () => gaussian(random));
  const map = randomHadamardMap(shift, dimensions, 7);
  const rotate = hadamardFunction(map);
  const unitVectors = new Float32Array(dimensions * dimensions);
  for (let i = 0; i < dimensions; i++) unitVectors[i * dimensions + i] = 1;
  const images = rotate({ rows: dimensions, columns: dimensions, data: unitVectors });
  const imageOf = (i: number, j: number) => images.data[i * dimensions + j] - map.bias[j];

  it('keeps lengths and angles', () => {
    for (let i = 0; i < dimensions; i += 7) {
      for (let other = 0; other <= i; other += 5) {
        let product = 0;
        for (let j = 0; j < dimensions; j++) product += imageOf(i, j) * imageOf(other, j);
        expect(product).toBeCloseTo(i === other ? 1 : 0, 5);
      }
    }
  });

  it('moves what was shifted to zero there', () => {
    const opposite = shift.map((value) => -value);
    for (const value of rotate({ rows: 1, columns: dimensions, data: opposite }).data) {
      expect(value).toBeCloseTo(0, 4);
    }
  });

  it('spreads every dimension over nearly all others', () => {
    for (let i = 0; i < dimensions; i++) {
      const reached = Array.from({ length: dimensions }, (_, j) => imageOf(i, j));
      expect(Math.max(...reached.map(Math.abs))).toBeLessThan(0.75);
    }
  });

  it('is turned back', () => {
    const unmoved = randomHadamardMap(new Float32Array(dimensions), dimensions, 7);
    const turned = hadamardFunction(unmoved)({ rows: 1, columns: dimensions, data: shift }).data;
    hadamardInverse(unmoved)(turned);
    for (const [j, value] of turned.entries()) expect(value).toBeCloseTo(shift[j], 5);
  });

  it('depends on its seed', () => {
    expect(randomHadamardMap(shift, dimensions, 7)).toEqual(map);
    expect(randomHadamardMap(shift, dimensions, 8).flips).not.toEqual(map.flips);
  });

  it('keeps lengths and angles where there are more outputs', () => {
    const outputs = 2 * dimensions + 3;
    const widened = hadamardFunction(randomHadamardMap(new Float32Array(dimensions), outputs, 7));
    const { data } = widened({ rows: dimensions, columns: dimensions, data: unitVectors });
    for (let i = 0; i < dimensions; i += 7) {
      for (let other = 0; other <= i; other += 5) {
        let product = 0;
        for (let j = 0; j < outputs; j++)
          product += data[i * outputs + j] * data[other * outputs + j];
        expect(product).toBeCloseTo(i === other ? 1 : 0, 5);
      }
    }
  });

  it('begins in the same way where fewer outputs are wanted', () => {
    const wanted = dimensions / 2 - 1;
    const beginning = hadamardFunction(randomHadamardMap(shift, wanted, 7))({
      rows: 1,
      columns: dimensions,
      data: shift,
    });
    const all = rotate({ rows: 1, columns: dimensions, data: shift });
    expect(beginning.data).toEqual(all.data.slice(0, wanted));
  });
});
