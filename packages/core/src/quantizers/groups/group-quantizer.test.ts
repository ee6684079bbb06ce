import { describe, expect, it } from 'vitest';
import { bitAt } from '../../codes/codes.ts';
import { decodeFile, encodeFile } from '../../format/file.ts';
import type { Tensor } from '../../format/safetensors.ts';
import { loadQuantizer } from '../load.ts';
import type { GroupRule } from './group-quantizer.ts';
import { GroupQuantizer } from './group-quantizer.ts';

/** Three dimensions, a map that swaps the first two, and bits {0}, {1, 2}. */
function example(rule: GroupRule = 'or'): GroupQuantizer {
  const weights = { rows: 3, columns: 3, data: Float32Array.of(0, 1, 0, 1, 0, 0, 0, 0, 1) };
  return new GroupQuantizer({
    kind: 'example',
    inputDimensions: 3,
    map: { inputDimensions: 3, bias: new Float32Array(3), weights },
    layout: {
      rule,
      offsets: Uint32Array.of(0, 1, 3),
      dimensions: Uint32Array.of(0, 1, 2),
      signs: Float32Array.of(1, 1, -1),
      weights: Float32Array.of(1, 1, 1),
    },
    thresholds: {
      document: Float32Array.of(0.5, 0.5, Infinity),
      query: Float32Array.of(0, Infinity, Infinity),
    },
  });
}

describe('GroupQuantizer', () => {
  it('maps, then compares with the thresholds of the side', () => {
    const quantizer = example();
    const bits = (vector: number[], side: 'document' | 'query') => {
      const codes = quantizer.encode([vector], side);
      return [bitAt(codes, 0, 0), bitAt(codes, 0, 1)];
    };
    expect(bits([0, 1, 0], 'document')).toEqual([1, 0]);
    expect(bits([1, 0, 0], 'document')).toEqual([0, 1]);
    expect(bits([1, 0.1, -5], 'query')).toEqual([1, 0]);
    expect([...quantizer.project([[1, 0, 0]], 'query').data]).toEqual([0, 0]);
  });

  it.each(['or', 'linear'] as const)('%s comes back from its file, infinity included', (rule) => {
    const file = example(rule).save();
    const loaded = loadQuantizer(file);
    expect(loaded.save()).toEqual(file);
    const vectors = [[0.3, -1, 0.2]];
    expect(loaded.project(vectors, 'document')).toEqual(example(rule).project(vectors, 'document'));
  });

  it.each<[string, Tensor['data'], RegExp]>([
    ['offsets', Float32Array.of(0, 2, 2), /offsets: got \[0,2,2\], expected increasing/],
    ['offsets', Float32Array.of(0, 1, 2), /expected increasing values from 0 to 3/],
    ['dimensions', Float32Array.of(0, 1, 3), /dimensions: got 3, expected whole numbers from 0/],
    ['dimensions', Float32Array.of(0, 0.5, 1), /dimensions: got 0.5/],
    ['signs', Float32Array.of(1, 0, 1), /signs: got other values than -1 and 1/],
    ['document_thresholds', Float32Array.of(0, -Infinity, 0), /got -Infinity, expected a number/],
    ['query_thresholds', Float32Array.of(0, Number.NaN, 0), /got NaN, expected a number/],
    ['query_thresholds', Float32Array.of(0, 0), /got shape \[2\], expected \[3\]/],
  ])('refuses a file with wrong %s', (name, data, message) => {
    const { kind, fields, tensors } = decodeFile(example().save(), 'quantizer');
    const damaged = { ...tensors, [name]: { shape: [data.length], data } };
    const file = encodeFile({ kind, fields, tensors: damaged });
    expect(() => loadQuantizer(file)).toThrow(message);
  });

  it('refuses a file with an unknown rule', () => {
    const { kind, fields, tensors } = decodeFile(example().save(), 'quantizer');
    const file = encodeFile({ kind, fields: { ...fields, rule: 'xor' }, tensors });
    expect(() => loadQuantizer(file)).toThrow(/got rule "xor", expected one of or, linear/);
  });
});
