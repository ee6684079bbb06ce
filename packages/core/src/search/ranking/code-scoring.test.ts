import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bitPlanes } from './code-scoring.ts';

it.each([4, 8] as const)(
  'rounds to multiples of a step and splits them into %i digits',
  (digits) => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 150 }),
        (list) => {
          const values = Float32Array.from(list);
          const { planes, step, total } = bitPlanes(values, digits);
          expect(planes.words).toHaveLength(Math.ceil(values.length / 64) * digits * 8);
          let sum = 0;
          values.forEach((value, bit) => {
            let rounded = 0;
            for (let digit = 0; digit < digits; digit++) {
              const byte = planes.words[((bit >> 6) * digits + digit) * 8 + ((bit & 63) >> 3)];
              const weight = digit === digits - 1 ? -(2 ** digit) : 2 ** digit;
              rounded += ((byte >> (bit & 7)) & 1) * weight;
            }
            sum += rounded;
            expect(Math.abs(rounded * step - value)).toBeLessThanOrEqual(step / 2 + 1e-9);
          });
          expect(total).toBe(sum);
        },
      ),
    );
  },
);

it('has no values to round where all are zero', () => {
  expect(bitPlanes(new Float32Array(64), 4)).toMatchObject({
    total: 0,
    planes: { words: new Uint8Array(32) },
  });
});
