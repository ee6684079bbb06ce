import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitPlanes } from '../search/bit-planes.ts';
import { seededRandom } from '../vectors/random.ts';
import type { CodeGraph } from './code-graph.ts';
import { javascriptKernel } from './javascript-kernel.ts';
import type { BitPlanes, Kernel } from './kernel.ts';

/** What the graphs of every kernel must do: what is found, and the same as by the twin in JavaScript. */
export function codeGraphSuite(kernel: Kernel): void {
  describe('graph of codes', () => {
    it.each([1, 2, 3, 4, 6, 8, 17])('finds all there are when it may, %i words a code', (words) => {
      const { graph, codes } = filled(kernel, { words, count: 300, seed: words });
      const { planes, values } = queryOf(words, 5);
      const { rows, sums } = graph.nearest(planes, 1000);
      expect(Array.from(rows).sort((a, b) => a - b)).toEqual(codes.map((_, node) => node));
      expect(Array.from(sums)).toEqual(Array.from(rows, (node) => sumOf(codes[node], values)));
      expect(isFalling(sums)).toBe(true);
    });

    it('finds nearly all of the nearest among many', () => {
      const random = seededRandom(3);
      const middles = Array.from({ length: 30 }, () => Array.from({ length: 128 }, random));
      const codes = Array.from({ length: 3000 }, (_, i) =>
        codeOf(middles[i % 30].map((share) => random() < share)),
      );
      const graph = kernel.createCodeGraph({ bytesPerCode: 16, links: 16, effort: 40 });
      graph.resize(codes.length);
      for (const [node, code] of codes.entries()) graph.insert(node, code);
      let found = 0;
      for (const middle of middles) {
        const values = Int32Array.from(middle, (share) => Math.round(14 * (share - 0.5)));
        values[0] = 7;
        const { planes } = bitPlanes(Float32Array.from(values), 4);
        const sums = codes.map((code) => sumOf(code, values));
        const tenth = sums.toSorted((a, b) => b - a)[9];
        const { rows } = graph.nearest(planes, 40);
        expect(rows.length).toBeLessThan(200);
        found += Math.min(10, Array.from(rows).filter((node) => sums[node] >= tenth).length);
      }
      expect(found).toBeGreaterThan(285);
    });

    it('hands on at least as many as it keeps, with all that are as near as the last', () => {
      const { graph } = filled(kernel, { words: 1, count: 400, seed: 1 });
      const { planes } = queryOf(1, 2);
      const all = Array.from(graph.nearest(planes, 400).sums);
      for (const effort of [1, 2, 7, 40]) {
        const { sums } = graph.nearest(planes, effort);
        expect(sums.length).toBeGreaterThanOrEqual(effort);
        expect(sums.length).toBe(
          Array.from(sums).filter((sum) => sum >= (sums.at(-1) ?? 0)).length,
        );
        expect(Array.from(sums).every((sum) => all.includes(sum))).toBe(true);
      }
    });

    it('finds only nodes that are allowed and were not removed', () => {
      const { graph, codes } = filled(kernel, { words: 2, count: 300, seed: 4 });
      const allowed = new Uint8Array(38).fill(0b01010101);
      for (let node = 0; node < 300; node += 3) graph.remove(node);
      const { planes } = queryOf(2, 1);
      const expected = codes.map((_, node) => node).filter((node) => node % 3 !== 0);
      expect(nodesOf(graph, planes)).toEqual(expected);
      expect(nodesOf(graph, planes, allowed)).toEqual(expected.filter((node) => node % 2 === 0));
      expect(nodesOf(graph, planes, new Uint8Array(38))).toEqual([]);
    });

    it('finds what is left when most were removed, and what is put in their place', () => {
      const { graph } = filled(kernel, { words: 2, count: 600, seed: 9 });
      const { planes } = queryOf(2, 8);
      const left = (node: number) => node % 10 === 9;
      for (let node = 0; node < 600; node++) if (!left(node)) graph.remove(node);
      for (let node = 0; node < 600; node += 100) graph.bypass(node, node + 100);
      const random = seededRandom(77);
      const again = [0, 1, 2, 3, 4, 300, 301, 302];
      for (const node of again) graph.insert(node, randomCode(2, random));
      const expected = Array.from({ length: 600 }, (_, node) => node).filter(
        (node) => left(node) || again.includes(node),
      );
      expect(nodesOf(graph, planes)).toEqual(expected);
    });

    it('starts anew when all were removed', () => {
      const { graph } = filled(kernel, { words: 1, count: 70, seed: 5 });
      const { planes } = queryOf(1, 3);
      for (let node = 0; node < 70; node++) graph.remove(node);
      expect(nodesOf(graph, planes)).toEqual([]);
      const random = seededRandom(6);
      graph.resize(72);
      graph.insert(70, randomCode(1, random));
      graph.insert(71, randomCode(1, random));
      expect(nodesOf(graph, planes)).toEqual([70, 71]);
      graph.bypass(0, 72);
      graph.insert(0, randomCode(1, random));
      expect(nodesOf(graph, planes)).toEqual([0, 70, 71]);
      for (const node of [0, 70, 71]) graph.remove(node);
      graph.bypass(0, 72);
      expect(nodesOf(graph, planes)).toEqual([]);
      graph.insert(5, randomCode(1, random));
      expect(nodesOf(graph, planes)).toEqual([5]);
    });

    it('keeps what it has when it grows', () => {
      const random = seededRandom(2);
      const graph = kernel.createCodeGraph({ bytesPerCode: 24, links: 32, effort: 40 });
      const { planes } = queryOf(3, 1);
      expect(nodesOf(graph, planes)).toEqual([]);
      for (let node = 0; node < 2600; node++) {
        graph.resize(node + 1);
        graph.insert(node, randomCode(3, random));
        if (node === 500) graph.remove(7);
      }
      expect(graph.nodes).toBe(2600);
      expect(nodesOf(graph, planes)).toEqual(
        Array.from({ length: 2600 }, (_, node) => node).filter((node) => node !== 7),
      );
    });

    it('links and finds as its twin does, ties and all', () => {
      const sizes = fc.record({
        words: fc.integer({ min: 1, max: 5 }),
        count: fc.integer({ min: 1, max: 150 }),
        links: fc.constantFrom(4, 6, 16),
        effort: fc.integer({ min: 1, max: 40 }),
        digits: fc.constantFrom(4 as const, 8 as const),
        wanted: fc.integer({ min: 1, max: 60 }),
        seed: fc.integer(),
      });
      fc.assert(
        fc.property(sizes, ({ words, count, links, effort, digits, wanted, seed }) => {
          const answers = [kernel, javascriptKernel].map(({ createCodeGraph }) => {
            const random = seededRandom(seed);
            const graph = createCodeGraph({ bytesPerCode: words * 8, links, effort });
            graph.resize(count);
            for (let node = 0; node < count; node++) graph.insert(node, randomCode(words, random));
            const { planes } = queryOf(words, seed, digits);
            const allowed = Uint8Array.from({ length: Math.ceil(count / 8) }, () => random() * 256);
            const steps = [copy(graph.nearest(planes, wanted))];
            for (let node = 0; node < count; node += 2) graph.remove(node);
            steps.push(copy(graph.nearest(planes, wanted, allowed)));
            graph.bypass(0, count);
            steps.push(copy(graph.nearest(planes, wanted)));
            for (let node = 0; node < count; node += 4) {
              graph.insert(node, randomCode(words, random));
            }
            steps.push(copy(graph.nearest(planes, wanted)));
            return { steps, sums: graph.sums(planes, Uint32Array.of(0, count - 1)).slice() };
          });
          expect(answers[0]).toEqual(answers[1]);
        }),
        { numRuns: 40 },
      );
    });
  });
}

function copy({ rows, sums }: { readonly rows: Uint32Array; readonly sums: Int32Array }) {
  return { rows: rows.slice(), sums: sums.slice() };
}

function filled(
  kernel: Kernel,
  { words, count, seed }: { readonly words: number; readonly count: number; readonly seed: number },
): { readonly graph: CodeGraph; readonly codes: Uint8Array[] } {
  const random = seededRandom(seed);
  const graph = kernel.createCodeGraph({ bytesPerCode: words * 8, links: 16, effort: 40 });
  graph.resize(count);
  const codes = Array.from({ length: count }, () => randomCode(words, random));
  for (const [node, code] of codes.entries()) graph.insert(node, code);
  return { graph, codes };
}

/** Of few kinds of bytes, so that many codes are as near as others. */
function randomCode(words: number, random: () => number): Uint8Array {
  const kinds = [0, 255, 0b11110000, 0b10101010];
  return Uint8Array.from({ length: words * 8 }, () =>
    random() < 0.5 ? kinds[Math.floor(random() * 4)] : random() * 256,
  );
}

function codeOf(bits: readonly boolean[]): Uint8Array {
  const code = new Uint8Array(bits.length / 8);
  for (const [bit, isOne] of bits.entries()) if (isOne) code[bit >> 3] |= 1 << (bit & 7);
  return code;
}

function queryOf(
  words: number,
  seed: number,
  digits: 4 | 8 = 4,
): { readonly planes: BitPlanes; readonly values: Int32Array } {
  const random = seededRandom(seed);
  const largest = 2 ** (digits - 1) - 1;
  const values = Int32Array.from({ length: words * 64 }, () =>
    Math.round((2 * random() - 1) * largest),
  );
  values[0] = largest;
  return { planes: bitPlanes(Float32Array.from(values), digits).planes, values };
}

function sumOf(code: Uint8Array, values: Int32Array): number {
  return values.reduce((sum, value, bit) => sum + value * ((code[bit >> 3] >> (bit & 7)) & 1), 0);
}

function nodesOf(graph: CodeGraph, planes: BitPlanes, allowed?: Uint8Array): number[] {
  return Array.from(graph.nearest(planes, 1e6, allowed).rows).sort((a, b) => a - b);
}

function isFalling(sums: Int32Array): boolean {
  return sums.every((sum, i) => i === 0 || sum <= sums[i - 1]);
}
