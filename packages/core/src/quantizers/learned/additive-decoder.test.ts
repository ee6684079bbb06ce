import { expect, it } from 'vitest';
import { packSigns } from '../../codes/codes.ts';
import { BinaryIndex } from '../../search/binary-index.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit.ts';
import { AdditiveDecoder } from './additive-decoder.ts';

const random = seededRandom(3);
const codebooks = randomMatrix(512, 7);
const codes = packSigns(randomMatrix(1500, 16));
const decoder = new AdditiveDecoder(codebooks, [0, 10]);

it('adds up a vector per byte', () => {
  const decoded = decoder.decode(codes);
  for (const i of [0, 1499]) {
    const [low, high] = codes.data.subarray(i * 8, i * 8 + 2);
    const expected = row(codebooks, low).map((value, j) => value + row(codebooks, 256 + high)[j]);
    expect(row(decoded, i)).toEqual(expected);
  }
});

it('knows the lengths of what it decodes, also from a byte', () => {
  const lengths = decoder.norms(codes);
  const bytes = decoder.encodeNorms(codes);
  const inverse = decoder.inverseNorms();
  const decoded = decoder.decode(codes);
  for (let i = 0; i < codes.rows; i++) {
    expect(lengths[i]).toBeCloseTo(Math.hypot(...row(decoded, i)), 4);
    expect(Math.abs(1 / inverse[bytes[i]] - lengths[i])).toBeLessThan(10 / 255 / 2 + 1e-4);
  }
});

it('scores codes in an index as the cosines of what they are decoded to', async () => {
  const vectors = randomMatrix(900, 7);
  const fitted = await fitQuantizer(vectors, { kind: 'sign', bits: 7 });
  const books = randomMatrix(256, 7);
  const quantizer = {
    kind: fitted.kind,
    inputDimensions: 7,
    bits: 7,
    decoder: new AdditiveDecoder(books, [0, 8]),
    encode: fitted.encode.bind(fitted),
    project: fitted.project.bind(fitted),
    save: fitted.save.bind(fitted),
  };
  const index = new BinaryIndex({ quantizer });
  index.add(vectors);
  const unit = normalizeRows(quantizer.decoder.decode(fitted.encode(vectors, 'document')));
  const query = row(normalizeRows(randomMatrix(1, 7)), 0);
  const found = index.search(query, { k: 50, scoring: 'decoded', candidates: 900, rerank: 0 });
  expect(found).toHaveLength(50);
  for (const { row: at, score } of found) {
    const cosine = row(unit, at).reduce((sum, value, j) => sum + value * query[j], 0);
    expect(score).toBeCloseTo(cosine, 1);
  }
});

function randomMatrix(rows: number, columns: number): Matrix {
  return {
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => gaussian(random)),
  };
}
