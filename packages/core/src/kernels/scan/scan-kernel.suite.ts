import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float16Values } from '../../vectors/float16.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { seededRandom } from '../../vectors/random.ts';
import { javascriptMatrixKernel } from '../matrix/matrix-kernel.ts';
import type { BitPlanes, CodeMemory, ScanLimits } from './code-memory.ts';
import { gaussianLevels } from './gaussian-levels.ts';
import type { ScanKernel } from './scan-kernel.ts';
import { javascriptScanKernel } from './scan-kernel.ts';
import type { SlicedMemory, SlicedScanOptions } from './sliced-memory.ts';
import { largestTotalWeight, slicedBlockRows } from './sliced-memory.ts';
import { bytesOfVector } from './vector-layout.ts';

/** What every kernel of scans must do, checked against definitions that are too slow to ship. */
export function scanKernelSuite(kernel: ScanKernel): void {
  describe('nearest', () => {
    const wordCounts = [1, 2, 3, 4, 5, 6, 8, 12, 16, 17];

    it.each(wordCounts)('finds what sorting all distances finds, %i words a code', (words) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 70 }),
          fc.integer({ min: 1, max: 80 }),
          fc.integer(),
          (rows, k, seed) => {
            const { memory, query } = randomCodes(kernel, rows, words, seed);
            expect(nearestPairs(memory, query, k)).toEqual(sortedPairs(memory, query).slice(0, k));
          },
        ),
        { numRuns: 30 },
      );
    });

    it.each(wordCounts)('finds the first of equals among 2,600 rows, %i words a code', (words) => {
      // Few bits are set: most distances are shared by many rows, of all parts of what is read at once.
      const { memory, query } = randomCodes(kernel, 2600, words, words);
      for (const [i, byte] of memory.bytes().entries()) memory.bytes()[i] = byte & (i % 8 ? 0 : 3);
      const pairs = sortedPairs(memory, query);
      for (const k of [1, 40, 900, 2600]) {
        expect(nearestPairs(memory, query, k)).toEqual(pairs.slice(0, k));
      }
      const ranges = Uint32Array.of(1, 1030, 1100, 1103, 1500, 2599);
      const isWithin = (i: number) => (i > 0 && i < 1030) || (i > 1099 && i < 1103) || i > 1499;
      const within = pairs.filter(([i]) => isWithin(i) && i < 2599);
      expect(nearestPairs(memory, query, 50, undefined, { ranges })).toEqual(within.slice(0, 50));
    });

    it('keeps the earlier row among equal distances, however many there are', () => {
      const memory = kernel.createCodeMemory(8);
      memory.resize(5000);
      // Distances fall from 64 to 0, in runs: the bound moves often and candidates pile up.
      for (let i = 0; i < 5000; i++)
        memory.bytes().fill(255, i * 8, i * 8 + 8 - Math.floor(i / 600));
      const query = new Uint8Array(8);
      expect(nearestPairs(memory, query, 700)).toEqual(sortedPairs(memory, query).slice(0, 700));
      expect(nearestPairs(memory, query, 1)).toEqual(sortedPairs(memory, query).slice(0, 1));
    });

    it.each([8, 9])(
      'finds many of many rows, also where every %i-th row is misleading',
      (every) => {
        // Whoever guesses from a sample of the rows how near the k nearest are is wrong here.
        const memory = kernel.createCodeMemory(8);
        memory.resize(18_000);
        const random = seededRandom(3);
        memory.bytes().forEach((_, i, bytes) => {
          bytes[i] = (i >> 3) % every === 0 ? 0 : random() * 256;
        });
        const query = new Uint8Array(8);
        for (const k of [200, 2200]) {
          expect(nearestPairs(memory, query, k)).toEqual(sortedPairs(memory, query).slice(0, k));
        }
      },
    );

    it('takes queries that lie anywhere, in any kind of byte array', () => {
      const { memory, query } = randomCodes(kernel, 50, 2, 7);
      const shifted = Uint8Array.of(9, ...query).subarray(1);
      expect(nearestPairs(memory, shifted, 5)).toEqual(nearestPairs(memory, query, 5));
      expect(nearestPairs(memory, Buffer.from(query), 5)).toEqual(nearestPairs(memory, query, 5));
    });

    it('scores only allowed rows and finds k of them', () => {
      const { memory, query } = randomCodes(kernel, 200, 2, 1);
      const allowed = new Uint8Array(25);
      for (const i of [0, 3, 63, 64, 127, 128, 199]) allowed[i >> 3] |= 1 << (i & 7);
      const expected = sortedPairs(memory, query).filter(([i]) => (allowed[i >> 3] >> (i & 7)) & 1);
      expect(nearestPairs(memory, query, 5, allowed)).toEqual(expected.slice(0, 5));
      expect(nearestPairs(memory, query, 50, allowed)).toEqual(expected);
      expect(nearestPairs(memory, query, 5, new Uint8Array(25))).toEqual([]);
    });

    it.each([1, 2, 5])('looks only at given ranges and below a distance, %i words', (words) => {
      const { memory, query } = randomCodes(kernel, 300, words, 9);
      const ranges = Uint32Array.of(3, 10, 64, 65, 70, 70, 100, 259);
      const within = (i: number) => (i >= 3 && i < 10) || i === 64 || (i >= 100 && i < 259);
      const odd = new Uint8Array(38).fill(0xaa);
      const below = words * 32 - 1;
      const pairs = sortedPairs(memory, query).filter(([i]) => within(i));
      const expected = pairs.filter(([, distance]) => distance < below);
      expect(expected.length).toBeGreaterThan(9);
      expect(nearestPairs(memory, query, 300, undefined, { ranges })).toEqual(pairs);
      expect(nearestPairs(memory, query, 9, undefined, { ranges, below })).toEqual(
        expected.slice(0, 9),
      );
      expect(nearestPairs(memory, query, 300, odd, { ranges, below })).toEqual(
        expected.filter(([i]) => i % 2 === 1),
      );
      expect(nearestPairs(memory, query, 9, undefined, { below: 0 })).toEqual([]);
    });

    it.each(wordCounts)(
      'finds for each of many queries what it finds for one, %i words',
      (words) => {
        fc.assert(
          fc.property(
            fc.integer({ min: 0, max: 500 }),
            fc.integer({ min: 0, max: 19 }),
            fc.integer({ min: 1, max: 80 }),
            fc.boolean(),
            fc.integer(),
            (rows, count, k, isMasked, seed) => {
              const { memory } = randomCodes(kernel, rows, words, seed);
              const random = seededRandom(seed);
              const queries = Uint8Array.from({ length: count * words * 8 }, () => random() * 4);
              const allowed = isMasked
                ? Uint8Array.from({ length: Math.ceil(rows / 16) }, () => random() * 256)
                : undefined;
              const limits = { ranges: Uint32Array.of(rows >> 2, rows >> 1, rows >> 1, rows) };
              const found = memory.nearestOfEach(queries, k, allowed, limits);
              expect(found).toHaveLength(count);
              for (const [i, nearest] of found.entries()) {
                const query = queries.subarray(i * words * 8, (i + 1) * words * 8);
                expect(nearest).toEqual(memory.nearest(query, k, allowed, limits));
              }
            },
          ),
          { numRuns: 20 },
        );
      },
    );

    it.each([512, 513, 1100])(
      'finds the same for many queries where they share several blocks of long codes, %i rows',
      (rows) => {
        const { memory } = randomCodes(kernel, rows, 16, rows);
        const bytes = 16 * 8;
        for (const count of [1, 3, 8]) {
          const queries = memory
            .bytes()
            .slice(0, count * bytes)
            .reverse();
          for (const [i, nearest] of memory.nearestOfEach(queries, 40).entries()) {
            const query = queries.subarray(i * bytes, (i + 1) * bytes);
            expect([...nearest.rows].map((row, j) => [row, nearest.distances[j]])).toEqual(
              sortedPairs(memory, query).slice(0, 40),
            );
          }
        }
      },
    );

    it('finds many of many rows for each query, wherever the first guess is wrong', () => {
      const memory = kernel.createCodeMemory(8);
      memory.resize(18_000);
      const random = seededRandom(3);
      memory.bytes().forEach((_, i, bytes) => {
        bytes[i] = (i >> 3) % 256 < 32 ? 0 : random() * 256;
      });
      const queries = new Uint8Array(24).fill(255, 8);
      const found = memory.nearestOfEach(queries, 300);
      for (const [i, nearest] of found.entries()) {
        const query = queries.subarray(i * 8, i * 8 + 8);
        expect(nearest).toEqual(memory.nearest(query, 300));
        expect([...nearest.rows].map((row, j) => [row, nearest.distances[j]])).toEqual(
          sortedPairs(memory, query).slice(0, 300),
        );
      }
    });

    it('keeps codes while growing, and forgets rows that were cut off', () => {
      const { memory, query } = randomCodes(kernel, 100, 3, 5);
      const before = memory.bytes().slice();
      memory.nearest(query, 50);
      memory.resize(100_000);
      expect(memory.bytes().subarray(0, before.length)).toEqual(before);
      expect(
        memory
          .bytes()
          .subarray(before.length)
          .every((byte) => byte === 0),
      ).toBe(true);
      memory.resize(10);
      memory.resize(20);
      expect(memory.bytes().subarray(0, 240)).toEqual(before.slice(0, 240));
      expect(
        memory
          .bytes()
          .subarray(240)
          .every((byte) => byte === 0),
      ).toBe(true);
    });
  });

  describe('sliced codes', () => {
    it.each([8, 64, 72, 192, 960])('finds what sorting all distances finds, %i bits', (bits) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 400 }),
          fc.integer({ min: 1, max: 80 }),
          fc.integer({ min: 1, max: 7 }),
          fc.boolean(),
          fc.integer(),
          (rows, k, largest, isMasked, seed) => {
            const { memory, codes, random } = randomSlices(kernel, rows, bits, seed);
            const weights = randomWeights(bits, largest, random);
            const allowed = isMasked
              ? Uint8Array.from({ length: Math.ceil(rows / 16) }, () => random() * 256)
              : undefined;
            const all = sortedWeighted(codes, bits, weights, rows).filter(
              ([row]) => !allowed || (allowed[row >> 3] >> (row & 7)) & 1,
            );
            expect(weightedPairs(memory, weights, k, { allowed })).toEqual(all.slice(0, k));
            const below = all[k >> 1]?.[1] ?? 3;
            expect(weightedPairs(memory, weights, k, { allowed, below })).toEqual(
              all.filter(([, distance]) => distance < below).slice(0, k),
            );
            const fewer = rows >> 1;
            const ranges = Uint32Array.of(0, fewer);
            expect(weightedPairs(memory, weights, k, { allowed, ranges })).toEqual(
              all.filter(([row]) => row < fewer).slice(0, k),
            );
          },
        ),
        { numRuns: 20 },
      );
    });

    it.each([10, 1500])('scans ranges in their order, of %i blocks', (blocks) => {
      const rows = blocks * slicedBlockRows;
      const { memory, codes, random } = randomSlices(kernel, rows, 16, 8);
      const weights = randomWeights(16, 2, random);
      const scanned: number[] = [];
      const ranges: number[] = [];
      for (let first = rows - 3 * slicedBlockRows; first > 0; first -= 4 * slicedBlockRows) {
        const end = first + Math.ceil(random() * 3 * slicedBlockRows);
        ranges.push(first, end);
        for (let row = first; row < end; row++) scanned.push(row);
      }
      const distances = new Map(sortedWeighted(codes, 16, weights, rows));
      const allowed = Uint8Array.from({ length: rows / 8 }, () => random() * 256);
      for (const mask of [undefined, allowed]) {
        // Sorting keeps the order of the scan among equals.
        const nearest = scanned
          .filter((row) => !mask || (mask[row >> 3] >> (row & 7)) & 1)
          .map((row): Pair => [row, distances.get(row) as number])
          .sort((a, b) => a[1] - b[1]);
        for (const k of [1, 40, 3000]) {
          const options = { ranges: Uint32Array.from(ranges), allowed: mask };
          const found = memory.nearest(weights, k, options);
          const order = new Map(scanned.map((row, position) => [row, position]));
          const positions = Array.from(found.rows, (row) => order.get(row) as number);
          expect(positions).toEqual(positions.toSorted((a, b) => a - b));
          const pairs = Array.from(found.rows, (row, i): Pair => [row, found.distances[i]]);
          expect(pairs.sort((a, b) => a[1] - b[1])).toEqual(nearest.slice(0, k));
        }
      }
    });

    it('finds by weights of one what codes finds by Hamming distance', () => {
      const { memory, codes, random } = randomSlices(kernel, 500, 128, 4);
      const query = Uint8Array.from({ length: 16 }, () => random() * 256);
      const weights = Int8Array.from({ length: 128 }, (_, bit) =>
        (query[bit >> 3] >> (bit & 7)) & 1 ? 1 : -1,
      );
      const rowByRow = kernel.createCodeMemory(16);
      rowByRow.resize(500);
      rowByRow.bytes().set(codes);
      expect(weightedPairs(memory, weights, 60)).toEqual(nearestPairs(rowByRow, query, 60));
    });

    it.each([16, 17])('finds many of many rows, also where a guess from some is wrong', (every) => {
      const memory = kernel.createSlicedMemory(64);
      memory.resize(40_000);
      const random = seededRandom(3);
      const codes = Uint8Array.from({ length: 40_000 * 8 }, (_, i) =>
        Math.floor(i / 1024) % every === 0 ? 0 : random() * 256,
      );
      memory.write(0, codes, 8);
      for (const weights of [new Int8Array(64).fill(-1), new Int8Array(64).fill(3)]) {
        const all = sortedWeighted(codes, 64, weights, 40_000);
        for (const k of [200, 4200]) {
          expect(weightedPairs(memory, weights, k)).toEqual(all.slice(0, k));
        }
      }
    });

    it('finds allowed rows in many blocks, of which some have none', () => {
      const rows = 7001;
      const { memory, codes, random } = randomSlices(kernel, rows, 64, 12);
      const weights = randomWeights(64, 2, random);
      const allowed = Uint8Array.from({ length: Math.ceil(rows / 8) }, (_, byte) =>
        Math.floor(byte / 50) % 3 === 0 ? 0 : random() * 256,
      );
      const all = sortedWeighted(codes, 64, weights, rows).filter(
        ([row]) => (allowed[row >> 3] >> (row & 7)) & 1,
      );
      for (const k of [1, 300, rows, 2 * rows]) {
        expect(weightedPairs(memory, weights, k, { allowed })).toEqual(all.slice(0, k));
      }
    });

    it('adds up weights as large as they may be, and none at all', () => {
      const { memory, codes } = randomSlices(kernel, 300, 1016, 2);
      for (const weight of [1, -1, 0]) {
        const weights = new Int8Array(1016).fill(weight);
        if (weight !== 0) weights.fill(2 * weight, 0, 7);
        const all = sortedWeighted(codes, 1016, weights, 300);
        expect(weightedPairs(memory, weights, 300)).toEqual(all);
      }
    });

    it('keeps rows while growing, takes parts of codes, and writes over rows', () => {
      const memory = kernel.createSlicedMemory(16);
      memory.resize(3);
      memory.write(0, Uint8Array.of(1, 2, 99, 255, 255, 99, 7, 7, 99), 3);
      memory.nearest(new Int8Array(16).fill(1), 3);
      memory.resize(9000);
      memory.write(3, new Uint8Array(8997 * 2).fill(255), 2);
      memory.write(1, Uint8Array.of(0, 0), 2);
      const weights = new Int8Array(16).fill(-1);
      expect(weightedPairs(memory, weights, 4)).toEqual([
        [1, 0],
        [0, 2],
        [2, 6],
        [3, 16],
      ]);
      memory.resize(2);
      expect(weightedPairs(memory, weights, 4)).toEqual([
        [1, 0],
        [0, 2],
      ]);
    });
  });

  describe('sums over the bits of codes', () => {
    it.each([1, 2, 3, 4, 17])(
      'adds values where a bit is 1 and takes them away elsewhere, %i words',
      (words) => {
        fc.assert(
          fc.property(
            fc.integer({ min: 1, max: 30 }),
            fc.integer({ min: 1, max: 64 }),
            fc.integer(),
            (rows, missing, seed) => {
              const { memory } = randomCodes(kernel, rows, words, seed);
              const random = seededRandom(seed);
              const values = randomMatrix(1, words * 64 - missing + 1, random).data;
              const asked = Uint32Array.from({ length: 9 }, () => Math.floor(random() * rows));
              const sums = memory.sums(values, asked);
              asked.forEach((row, i) => {
                const expected = values.reduce(
                  (sum, value, bit) => sum + (isSet(memory, row, bit) ? value : -value),
                  0,
                );
                expect(sums[i]).toBeCloseTo(expected, 3);
              });
              expect(memory.sums(values, new Uint32Array(0))).toHaveLength(0);
            },
          ),
          { numRuns: 10 },
        );
      },
    );

    it.each([4, 8] as const)('adds whole numbers of %i digits where a bit is 1', (digits) => {
      for (const words of [1, 2, 5, 33]) {
        const { memory } = randomCodes(kernel, 20, words, words);
        const planes = randomCodes(kernel, digits, words, 99).memory.bytes();
        const rows = Uint32Array.of(19, 0, 7, 7);
        const valueAt = (bit: number) => {
          let value = 0;
          for (let digit = 0; digit < digits; digit++) {
            const byte = planes[(bit >> 6) * digits * 8 + digit * 8 + ((bit & 63) >> 3)];
            const weight = digit === digits - 1 ? -(2 ** digit) : 2 ** digit;
            value += ((byte >> (bit & 7)) & 1) * weight;
          }
          return value;
        };
        const expected = Array.from(rows, (row) => {
          let sum = 0;
          for (let bit = 0; bit < words * 64; bit++)
            if (isSet(memory, row, bit)) sum += valueAt(bit);
          return sum;
        });
        const given = { digits, words: planes.slice() };
        const all = { rows, sums: Int32Array.from(expected) };
        expect(memory.planeSums(given, rows)).toEqual(all);
        expect(memory.planeSums(given, rows, 4)).toEqual(all);
        expect(memory.planeSums(given, rows.slice(0, 0), 2).sums).toHaveLength(0);
      }
    });

    it.each([4, 8] as const)('keeps the rows of the largest sums, %i digits', (digits) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 200 }),
          fc.integer({ min: 1, max: 150 }),
          fc.integer({ min: 1, max: 16 }),
          fc.integer(),
          (rows, wanted, words, seed) => {
            const { memory } = randomCodes(kernel, rows, words, seed);
            const planes = { digits, words: randomCodes(kernel, digits, words, 99).memory.bytes() };
            const random = seededRandom(seed);
            const asked = Uint32Array.from({ length: 200 }, () => Math.floor(random() * rows));
            const all = memory.planeSums(planes, asked);
            const last = all.sums.slice().sort().at(-wanted) as number;
            const expected = Array.from(all.rows, (row, i) => [row, all.sums[i]]);
            const kept = memory.planeSums(planes, asked, wanted);
            expect(Array.from(kept.rows, (row, i) => [row, kept.sums[i]])).toEqual(
              expected.filter(([, sum]) => (sum as number) >= last),
            );
          },
        ),
        { numRuns: 20 },
      );
    });

    it('takes sums that lie far apart for alike where they are nearly so', () => {
      const memory = kernel.createCodeMemory(128);
      memory.resize(100);
      for (let i = 0; i < 100; i++) memory.bytes().fill(255, i * 128, i * 128 + 28 + i);
      // All values are 127.
      const words = new Uint8Array(128 * 8).fill(255);
      for (let w = 0; w < 16; w++) words.fill(0, w * 64 + 56, w * 64 + 64);
      const rows = Uint32Array.from({ length: 100 }, (_, i) => i);
      const { rows: kept, sums } = memory.planeSums({ digits: 8, words }, rows, 10);
      expect([...kept]).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
      expect(sums[0]).toBe(127 * 8 * 118);
    });

    it('looks bytes up in tables, which may be fewer than a code has bytes', () => {
      const { memory } = randomCodes(kernel, 40, 2, 4);
      const tables = randomMatrix(3, 256, seededRandom(9)).data;
      const rows = Uint32Array.of(39, 0, 7);
      const sums = memory.tableSums(tables, rows);
      rows.forEach((row, i) => {
        const code = memory.bytes().subarray(row * 16, row * 16 + 3);
        const expected = code.reduce((sum, value, byte) => sum + tables[byte * 256 + value], 0);
        expect(sums[i]).toBeCloseTo(expected, 4);
      });
    });

    it('gives the same bits as before (golden sums)', () => {
      const { memory } = randomCodes(kernel, 6, 3, 4);
      const values = randomMatrix(1, 190, seededRandom(8)).data;
      const sums = memory.sums(values, Uint32Array.of(0, 1, 2, 3, 4, 5));
      expect([...new Uint32Array(sums.buffer)].map((word) => word.toString(16))).toEqual(
        goldenBitSums,
      );
    });

    it('scores what a scan of the same codes has found, and leaves that alone', () => {
      const random = seededRandom(8);
      const memory = kernel.createCodeMemory(16);
      memory.resize(3000);
      memory.bytes().forEach((_, i, bytes) => {
        bytes[i] = random() * 256;
      });
      const query = memory.bytes().slice(0, 16);
      const values = randomMatrix(1, 128, random).data;
      const found = memory.nearest(query, 700).rows;
      const rows = found.slice();
      const sums = memory.sums(values, found).slice();
      expect(found).toEqual(rows);
      expect(sums).toEqual(memory.sums(values, rows));
      const planes: BitPlanes = { digits: 4, words: new Uint8Array(64).fill(77) };
      memory.planeSums(planes, found, 300);
      expect(found).toEqual(rows);
      expect(memory.nearest(query, 700).rows).toEqual(rows);
    });

    it('leaves the codes alone', () => {
      const { memory, query } = randomCodes(kernel, 70, 2, 6);
      const before = memory.bytes().slice();
      memory.sums(new Float32Array(128).fill(1), Uint32Array.of(69));
      memory.nearest(query, 70);
      expect(memory.bytes()).toEqual(before);
    });
  });

  describe('vector memory', () => {
    it('scores any rows of any length as a product with a matrix does', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 70 }),
          fc.integer({ min: 0, max: 20 }),
          fc.integer(),
          (rows, columns, count, seed) => {
            const random = seededRandom(seed);
            const vectors = randomMatrix(rows, columns, random);
            const query = randomMatrix(1, columns, random);
            const memory = kernel.createVectorMemory(rows, columns, 'float32');
            expect(memory.bytes).toEqual(new Uint8Array(rows * columns * 4));
            memory.bytes.set(new Uint8Array(vectors.data.buffer));
            const asked = Uint32Array.from({ length: count }, () => Math.floor(random() * rows));
            const { data } = javascriptMatrixKernel.multiplyTransposed(query, vectors);
            expect(memory.dotProducts(query.data, asked)).toEqual(
              Float32Array.from(asked, (row) => data[row]),
            );
          },
        ),
        { numRuns: 50 },
      );
    });

    it('scores more rows than it takes at a time', () => {
      const memory = kernel.createVectorMemory(2, 3, 'float32');
      memory.bytes.set(new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
      const rows = Uint32Array.from({ length: 9000 }, (_, i) => i % 2);
      const products = memory.dotProducts(Float32Array.of(1, 0, 1), rows);
      expect(products).toEqual(Float32Array.from(rows, (row) => (row === 0 ? 4 : 10)));
    });
  });

  describe('vector memory of other formats', () => {
    it.each(['float16', 'int8', 'int4', 'int2'] as const)(
      'scores more rows of %s than it takes at a time',
      (format) => {
        const random = seededRandom(2);
        const memory = kernel.createVectorMemory(3000, 5, format);
        memory.bytes.forEach((_, i, bytes) => {
          bytes[i] = random() * 64;
        });
        const query = randomMatrix(1, 5, random).data;
        const all = Uint32Array.from({ length: 3000 }, (_, i) => i);
        const products = memory.dotProducts(query, all).slice();
        for (let row = 0; row < 3000; row += 100) {
          expect(products[row]).toBe(memory.dotProducts(query, Uint32Array.of(row))[0]);
        }
      },
    );

    it.each([1, 2, 3, 4, 5, 8, 9, 13, 64, 130])('scores halves exactly, %i columns', (columns) => {
      const random = seededRandom(columns);
      const memory = kernel.createVectorMemory(7, columns, 'float16');
      const stride = bytesOfVector('float16', columns);
      const query = randomMatrix(1, columns, random).data;
      const vectors = Array.from({ length: 7 }, (_, i) => {
        const halves = new Uint16Array(memory.bytes.buffer, memory.bytes.byteOffset + i * stride);
        // Small ones and zeros of both signs among them.
        return Float32Array.from({ length: columns }, (_, j) => {
          halves[j] = random() < 0.2 ? (random() * 3 - 1) & 0x8001 : random() * 0x3c00;
          if (random() < 0.5) halves[j] |= 0x8000;
          return float16Values()[halves[j]];
        });
      });
      const rows = Uint32Array.of(6, 0, 3, 3, 5);
      const float = kernel.createVectorMemory(7, Math.ceil(columns / 4) * 4, 'float32');
      const padded = new Float32Array(Math.ceil(columns / 4) * 4);
      padded.set(query);
      vectors.forEach((vector, i) => {
        float.bytes.set(new Uint8Array(vector.buffer), i * padded.byteLength);
      });
      expect(memory.dotProducts(query, rows)).toEqual(float.dotProducts(padded, rows));
    });

    it.each([1, 3, 7, 8, 9, 130, 4096])('scores whole numbers, %i columns', (columns) => {
      const random = seededRandom(columns);
      const memory = kernel.createVectorMemory(5, columns, 'int8');
      const stride = bytesOfVector('int8', columns);
      for (let i = 0; i < 5; i++) {
        const start = memory.bytes.byteOffset + i * stride;
        new Float32Array(memory.bytes.buffer, start, 1).fill(i / 16);
        const values = new Int8Array(memory.bytes.buffer, start + 4, columns);
        // The largest sums there can be, in the last row.
        values.forEach((_, j) => {
          values[j] = i === 4 ? -127 : random() * 255 - 127;
        });
      }
      const query = new Float32Array(columns).fill(-0.5);
      const found = memory.dotProducts(query, Uint32Array.of(4, 0, 2));
      const expected = [4, 0, 2].map((i) => {
        const start = memory.bytes.byteOffset + i * stride + 4;
        const values = new Int8Array(memory.bytes.buffer, start, columns);
        return values.reduce((sum, value) => sum - value / 2, 0) * (i / 16);
      });
      found.forEach((value, i) => {
        expect(value / (expected[i] || 1)).toBeCloseTo(expected[i] ? 1 : 0, 6);
      });
      expect(memory.dotProducts(new Float32Array(columns), Uint32Array.of(1))).toEqual(
        new Float32Array(1),
      );
    });

    it.each(
      [1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130, 384, 4096].flatMap((columns) =>
        (['int4', 'int2'] as const).map((format) => [format, columns] as const),
      ),
    )('scores levels of %s, %i columns', (format, columns) => {
      const random = seededRandom(columns);
      const memory = kernel.createVectorMemory(6, columns, format);
      const stride = bytesOfVector(format, columns);
      const bits = format === 'int4' ? 4 : 2;
      // The largest sums there can be, in the last row. What pads the others is never counted.
      memory.bytes.forEach((_, i, bytes) => {
        bytes[i] = i >= 5 * stride ? 0 : random() * 256;
      });
      const { buffer, byteOffset } = memory.bytes;
      for (let i = 0; i < 6; i++) {
        new Float32Array(buffer, byteOffset + i * stride, 1).fill(i / 1024);
      }
      const query = Float32Array.from({ length: columns }, () => -random() - 0.5);
      const rows = Uint32Array.of(5, 0, 2, 2, 3, 4, 1);
      const found = memory.dotProducts(query, rows).slice();
      rows.forEach((row, i) => {
        let sum = 0;
        let size = 0;
        for (let j = 0; j < columns; j++) {
          const at = row * stride + 4 + Math.floor((j * bits) / 8);
          const level = gaussianLevels[format][(memory.bytes[at] >> ((j * bits) % 8)) % 2 ** bits];
          sum += (level * query[j] * row) / 1024;
          size += (Math.abs(level) * row) / 1024;
        }
        expect(Math.abs(found[i] - sum)).toBeLessThanOrEqual(2e-4 * size);
      });
      expect(memory.dotProducts(new Float32Array(columns), rows)).toEqual(new Float32Array(7));
      // The twin gives the same bits.
      const twin = javascriptScanKernel.createVectorMemory(6, columns, format);
      twin.bytes.set(memory.bytes);
      expect(twin.dotProducts(query, rows)).toEqual(memory.dotProducts(query, rows));
    });

    it('gives the same bits as before (golden scores)', () => {
      const words = (['float16', 'int8', 'int4', 'int2'] as const).flatMap((format) => {
        const random = seededRandom(6);
        const memory = kernel.createVectorMemory(3, 10, format);
        // Bytes whose float16 are finite, and whose scales are.
        memory.bytes.forEach((_, i, bytes) => {
          bytes[i] = random() * 64;
        });
        const query = randomMatrix(1, 10, random).data;
        const scores = memory.dotProducts(query, Uint32Array.of(2, 1, 0)).slice();
        return [...new Uint32Array(scores.buffer)].map((word) => word.toString(16));
      });
      expect(words).toEqual(goldenScores);
    });
  });
}

type Pair = readonly [row: number, distance: number];

const goldenScores = [
  ['3d9b6f16', 'bec6d95d', 'bdba8876', '5029eed', '18102d6f', '2a0861ce'],
  ['419f8f51', 'b192ee14', '2886d858', '84537e34', 'c09c51f1', 'a9d296a1'],
].flat();

const goldenBitSums = ['3ffa6e96', '402243d4', 'bfc8d6f0', '402f4b53', '409a1b48', '40c2e54c'];

function randomCodes(kernel: ScanKernel, rows: number, words: number, seed: number) {
  const random = seededRandom(seed);
  const memory = kernel.createCodeMemory(words * 8);
  memory.resize(rows);
  // Two random bits a byte make many equal distances.
  memory.bytes().forEach((_, i, bytes) => {
    bytes[i] = random() * 4;
  });
  const query = Uint8Array.from({ length: words * 8 }, () => random() * 4);
  return { memory, query };
}

function randomSlices(kernel: ScanKernel, rows: number, bits: number, seed: number) {
  const random = seededRandom(seed);
  const memory = kernel.createSlicedMemory(bits);
  memory.resize(rows);
  const codes = Uint8Array.from({ length: (rows * bits) / 8 }, () => random() * 256);
  memory.write(0, codes, bits / 8);
  return { memory, codes, random };
}

/** As large as they may be together at most. */
function randomWeights(bits: number, largest: number, random: () => number): Int8Array {
  let left = largestTotalWeight;
  return Int8Array.from({ length: bits }, () => {
    const weight = Math.min(left, Math.floor(random() * (largest + 1)));
    left -= weight;
    return random() < 0.5 ? weight : -weight;
  });
}

function sortedWeighted(codes: Uint8Array, bits: number, weights: Int8Array, rows: number): Pair[] {
  const pairs = Array.from({ length: rows }, (_, row): Pair => {
    let distance = 0;
    for (let bit = 0; bit < bits; bit++) {
      const isOne = ((codes[(row * bits + bit) >> 3] >> (bit & 7)) & 1) === 1;
      if (isOne !== weights[bit] > 0) distance += Math.abs(weights[bit]);
    }
    return [row, distance];
  });
  return pairs.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
}

function weightedPairs(
  memory: SlicedMemory,
  weights: Int8Array,
  k: number,
  options?: SlicedScanOptions,
): Pair[] {
  const { rows, distances } = memory.nearest(weights, k, options);
  expect(rows).toEqual(rows.slice().sort());
  return Array.from(rows, (row, i): Pair => [row, distances[i]]).sort((a, b) => a[1] - b[1]);
}

function nearestPairs(
  memory: CodeMemory,
  query: Uint8Array,
  k: number,
  allowed?: Uint8Array,
  limits?: ScanLimits,
): Pair[] {
  const { rows, distances } = memory.nearest(query, k, allowed, limits);
  return Array.from(rows, (row, i) => [row, distances[i]]);
}

function sortedPairs(memory: CodeMemory, query: Uint8Array): Pair[] {
  const bytes = memory.bytes();
  const pairs = Array.from({ length: memory.rows }, (_, row): Pair => {
    const differing = query.map((byte, i) => byte ^ bytes[row * query.length + i]);
    return [row, differing.reduce((sum, byte) => sum + ones(byte), 0)];
  });
  return pairs.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
}

function isSet(memory: CodeMemory, row: number, bit: number): boolean {
  return ((memory.bytes()[row * memory.bytesPerCode + (bit >> 3)] >> (bit & 7)) & 1) === 1;
}

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}

function randomMatrix(rows: number, columns: number, random: () => number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, () => random() * 2 - 1);
  return { rows, columns, data };
}
