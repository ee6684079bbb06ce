import { describe, expect, it } from 'vitest';
import { encodeFile } from '../../format/file.ts';
import { seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit-quantizer.ts';
import { loadQuantizer } from '../load-quantizer.ts';

const random = seededRandom(4);

describe('a file of a random rotation', () => {
  const tensors = {
    bias: { shape: [64], data: new Float32Array(64) },
    document_thresholds: { shape: [64], data: new Float32Array(64) },
    query_thresholds: { shape: [64], data: new Float32Array(64) },
    flips: { shape: [320], data: new Uint8Array(320) },
  };
  const fields = { kind: 'random', form: 'hadamard', inputDimensions: 64, bits: 64 };
  const file = (changed: object, changedTensors: object = {}) =>
    encodeFile({
      kind: 'quantizer',
      fields: { ...fields, ...changed },
      tensors: { ...tensors, ...changedTensors },
    });

  it('is small: it says what is negated, and no matrix', async () => {
    const vectors = Array.from({ length: 90 }, () => Float32Array.from({ length: 384 }, random));
    const quantizer = await fitQuantizer(vectors, { kind: 'random', bits: 384, decoder: false });
    expect(quantizer.save().length).toBeLessThan(8000);
  });

  it('is refused where it cannot be one', () => {
    expect(loadQuantizer(file({})).bits).toBe(64);
    for (const damaged of [
      file({ inputDimensions: 63 }),
      file(
        { inputDimensions: 3, bits: 3 },
        {
          bias: { shape: [3], data: new Float32Array(3) },
          document_thresholds: { shape: [3], data: new Float32Array(3) },
          query_thresholds: { shape: [3], data: new Float32Array(3) },
          flips: { shape: [10], data: new Uint8Array(10) },
        },
      ),
      file({}, { flips: { shape: [319], data: new Uint8Array(319) } }),
      file({}, { flips: { shape: [320], data: new Uint8Array(320).fill(2) } }),
      file({}, { flips: { shape: [320], data: new Float32Array(320) } }),
    ]) {
      expect(() => loadQuantizer(damaged)).toThrow(
        expect.objectContaining({ code: 'invalid-file' }),
      );
    }
  });
});
