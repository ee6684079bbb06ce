import { describe, expect, it } from 'vitest';
import { row, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { EncodedRows } from './encoded-rows.ts';
import { storedVectorsSuite } from './stored-vectors.suite.ts';
import { vectorCodec } from './vector-codecs.ts';

describe.each([
  ['int4', 0.2, 0.0104],
  ['int2', 0.45, 0.128],
] as const)('%s', (format, tolerance, mostLost) => {
  storedVectorsSuite((dimensions) => new EncodedRows(vectorCodec(format, dimensions)), {
    tolerance,
    places: 4,
  });

  // The first of them has all of its length in one dimension, as outliers of models nearly do.
  it.each([64, 384, 1000])('keeps what levels can keep of %i dimensions', (dimensions) => {
    const codec = vectorCodec(format, dimensions);
    const random = seededRandom(3);
    const vectors = zeros(60, dimensions);
    for (let j = dimensions; j < vectors.data.length; j++) vectors.data[j] = gaussian(random);
    vectors.data[5] = 1;
    const units = normalizeRows(vectors);
    const bytes = new Uint8Array(codec.bytesPerVector);
    const decoded = new Float32Array(dimensions);
    let lost = 0;
    for (let i = 0; i < units.rows; i++) {
      codec.encode(row(units, i), bytes);
      codec.decode(bytes, decoded);
      expect(Math.hypot(...decoded)).toBeCloseTo(1, 5);
      const cosine = decoded.reduce((sum, value, j) => sum + value * row(units, i)[j], 0);
      lost += (1 - cosine ** 2) / units.rows;
    }
    expect(lost).toBeLessThan(mostLost);
  });

  it.each([1e-15, 1e15])('gives a vector of length %d the levels of a unit vector', (length) => {
    const codec = vectorCodec(format, 50);
    const random = seededRandom(1);
    const unit = normalizeRows({
      rows: 1,
      columns: 50,
      data: Float32Array.from({ length: 50 }, () => gaussian(random)),
    }).data;
    const [short, long] = [unit, unit.map((value) => value * length)].map((vector) => {
      const bytes = new Uint8Array(codec.bytesPerVector);
      codec.encode(vector, bytes);
      return bytes;
    });
    expect(long.subarray(4)).toEqual(short.subarray(4));
    const factorOf = ({ buffer }: Uint8Array) => new Float32Array(buffer, 0, 1)[0];
    expect(factorOf(long) / length / factorOf(short)).toBeCloseTo(1, 5);
  });

  it('errs to neither side', () => {
    const random = seededRandom(8);
    const stored = new EncodedRows(vectorCodec(format, 100));
    const vectors = zeros(4000, 100);
    for (let j = 0; j < vectors.data.length; j++) vectors.data[j] = gaussian(random) + 0.8;
    const units = normalizeRows(vectors);
    stored.append(units);
    const query = row(units, 0);
    const scores = stored.scores(
      Uint32Array.from({ length: 4000 }, (_, i) => i),
      query,
    );
    let off = 0;
    for (let i = 1; i < 4000; i++) {
      const cosine = row(units, i).reduce((sum, value, j) => sum + value * query[j], 0);
      expect(cosine).toBeLessThan(0.95);
      off += ((scores[i] as number) - cosine) / 3999;
    }
    expect(Math.abs(off)).toBeLessThan(0.002);
  });
});

it.each([
  ['int4', 9, '68fdf23c8875c7900a000000'],
  ['int2', 17, '07ae963c6a1d89fb01000000'],
  ['int4', 3, '9775203d840c0000'],
] as const)('gives the same bytes as before: %s of %i dimensions (golden)', (...golden) => {
  const [format, dimensions, expected] = golden;
  const codec = vectorCodec(format, dimensions);
  const vector = Float32Array.from({ length: dimensions }, (_, j) => ((j * 7) % 5) - 1.75);
  const bytes = new Uint8Array(codec.bytesPerVector);
  codec.encode(vector, bytes);
  expect(Buffer.from(bytes).toString('hex')).toBe(expected);
});
