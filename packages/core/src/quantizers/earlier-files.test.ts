import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { loadQuantizer } from './load.ts';

/** A quantizer of an earlier version, and what it made of the inputs: bytes in base64, little-endian floats. */
interface Earlier {
  readonly name: string;
  readonly kind: string;
  readonly bits: number;
  readonly file: string;
  readonly document: { readonly codes: string; readonly projected: string };
  readonly query: { readonly codes: string; readonly projected: string };
  readonly decoded?: string;
}

const { inputs, quantizers } = JSON.parse(
  readFileSync(new URL('./fixtures/earlier-files.json', import.meta.url), 'utf8'),
) as { readonly inputs: string; readonly quantizers: readonly Earlier[] };

it.each(quantizers)('$name gives the same codes as when its file was written', (earlier) => {
  const quantizer = loadQuantizer(bytes(earlier.file));
  // What was called `learned` is now the name of a family.
  const kind = earlier.kind === 'learned' ? 'learned-thresholds' : earlier.kind;
  expect([quantizer.kind, quantizer.bits]).toEqual([kind, earlier.bits]);
  const vectors = inputsOf(quantizer.inputDimensions);
  for (const side of ['document', 'query'] as const) {
    const codes = quantizer.encode(vectors, side);
    expect(Buffer.from(codes.data).toString('base64')).toBe(earlier[side].codes);
    expectClose(quantizer.project(vectors, side).data, floats(earlier[side].projected));
  }
  const decoded = quantizer.decoder?.decode(quantizer.encode(vectors, 'document'));
  expect(decoded !== undefined).toBe(earlier.decoded !== undefined);
  if (decoded && earlier.decoded) expectClose(decoded.data, floats(earlier.decoded));
  const again = loadQuantizer(quantizer.save());
  expect(again.save()).toEqual(quantizer.save());
  expect(again.encode(vectors, 'document')).toEqual(quantizer.encode(vectors, 'document'));
});

/** The leading columns of the inputs, or their values row by row where there are fewer than are asked for. */
function inputsOf(dimensions: number): Matrix {
  const data = floats(inputs);
  const own = 16;
  if (dimensions > own) {
    const rows = Math.floor(data.length / dimensions);
    return { rows, columns: dimensions, data: data.slice(0, rows * dimensions) };
  }
  const rows = data.length / own;
  const leading = Float32Array.from({ length: rows * dimensions }, (_, p) => {
    return data[Math.floor(p / dimensions) * own + (p % dimensions)];
  });
  return { rows, columns: dimensions, data: leading };
}

function expectClose(got: Float32Array, expected: Float32Array): void {
  expect(got.length).toBe(expected.length);
  for (const [p, value] of expected.entries()) {
    expect(Math.abs(got[p] - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
  }
}

function bytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function floats(base64: string): Float32Array {
  return new Float32Array(bytes(base64).buffer);
}
