import { fitQuantizer, toMatrix } from '@bitryoshka/core';
import { expect, it } from 'vitest';
import { correlateBits } from './correlate-bits.ts';

it('sees copies, opposites and independence', async () => {
  // Dimensions: a, a, -a, b, constant; of all combinations of a and b, so that the length is equal.
  const documents = toMatrix([1, -1].flatMap((a) => [1, -1].map((b) => [a, a, -a, b, 1])));
  const quantizer = await fitQuantizer(documents, { kind: 'sign', bits: 5 });
  const { bits, dimensions } = correlateBits(documents, { name: 'sign', quantizer });
  const expected = [
    [1, 1, -1, 0, 0],
    [1, 1, -1, 0, 0],
    [-1, -1, 1, 0, 0],
    [0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0],
  ];
  for (const matrix of [bits, dimensions]) {
    expect(matrix.map((row) => row.map((value) => Math.round(value * 1e6) / 1e6 + 0))).toEqual(
      expected,
    );
  }
});
