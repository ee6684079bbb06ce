import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../vectors/random.ts';
import type { NearRows } from '../near-rows.ts';
import type { CodeGraph } from './code-graph.ts';
import type { GraphKernel } from './graph-kernel.ts';
import { javascriptGraphKernel } from './graph-kernel.ts';
import type { GraphBlock, GraphState } from './graph-state.ts';

/** What the graphs of every kernel must do: what is found, and the same as by the twin in JavaScript. */
export function codeGraphSuite(createCodeGraph: GraphKernel): void {
  describe('graph of codes', () => {
    it.each([1, 2, 3, 4, 6, 8, 17])('finds all there are when it may, %i words a code', (words) => {
      const { graph, codes } = filled(createCodeGraph, { words, count: 300, seed: words });
      const weights = weightsOf(words, 5);
      const { rows, distances } = graph.nearest(weights, 1000);
      expect(Array.from(rows).sort((a, b) => a - b)).toEqual(codes.map((_, node) => node));
      expect(Array.from(distances)).toEqual(
        Array.from(rows, (node) => distanceOf(codes[node], weights)),
      );
      expect(isRising(distances)).toBe(true);
    });

    it('finds nearly all of the nearest among many', () => {
      const random = seededRandom(3);
      const middles = Array.from({ length: 30 }, () => Array.from({ length: 128 }, random));
      const codes = Array.from({ length: 3000 }, (_, i) =>
        codeOf(middles[i % 30].map((share) => random() < share)),
      );
      const graph = createCodeGraph({ bytesPerCode: 16, links: 16, effort: 40 });
      graph.resize(codes.length);
      for (const [node, code] of codes.entries()) graph.insert(node, code);
      let found = 0;
      for (const middle of middles) {
        const weights = Int8Array.from(middle, (share) => Math.round(14 * (share - 0.5)));
        const distances = codes.map((code) => distanceOf(code, weights));
        const tenth = distances.toSorted((a, b) => a - b)[9];
        const { rows } = graph.nearest(weights, 40);
        expect(rows.length).toBeLessThan(200);
        found += Math.min(10, Array.from(rows).filter((node) => distances[node] <= tenth).length);
      }
      expect(found).toBeGreaterThan(285);
    });

    it('hands on at least as many as it keeps, with all that are as near as the last', () => {
      const { graph } = filled(createCodeGraph, { words: 1, count: 400, seed: 1 });
      const weights = weightsOf(1, 2);
      for (const effort of [1, 2, 7, 40]) {
        const { distances } = graph.nearest(weights, effort);
        expect(distances.length).toBeGreaterThanOrEqual(effort);
        // One less would be enough but for those that are as near as the last.
        const nearer = Array.from(distances).filter((distance) => distance < distances[effort - 1]);
        expect(nearer.length).toBeLessThan(effort);
        expect(distances.at(-1)).toBe(distances[effort - 1]);
      }
    });

    it('finds only nodes that are allowed and were not removed', () => {
      const { graph, codes } = filled(createCodeGraph, { words: 2, count: 300, seed: 4 });
      const allowed = new Uint8Array(38).fill(0b01010101);
      for (let node = 0; node < 300; node += 3) graph.remove(node);
      const weights = weightsOf(2, 1);
      const expected = codes.map((_, node) => node).filter((node) => node % 3 !== 0);
      expect(nodesOf(graph, weights)).toEqual(expected);
      expect(nodesOf(graph, weights, allowed)).toEqual(expected.filter((node) => node % 2 === 0));
      expect(nodesOf(graph, weights, new Uint8Array(38))).toEqual([]);
    });

    it('finds what is left when most were removed, and what is put in their place', () => {
      const { graph } = filled(createCodeGraph, { words: 2, count: 600, seed: 9 });
      const weights = weightsOf(2, 8);
      const left = (node: number) => node % 10 === 9;
      for (let node = 0; node < 600; node++) if (!left(node)) graph.remove(node);
      for (let node = 0; node < 600; node += 100) graph.bypass(node, node + 100);
      const random = seededRandom(77);
      const again = [0, 1, 2, 3, 4, 300, 301, 302];
      for (const node of again) graph.insert(node, randomCode(2, random));
      const expected = Array.from({ length: 600 }, (_, node) => node).filter(
        (node) => left(node) || again.includes(node),
      );
      expect(nodesOf(graph, weights)).toEqual(expected);
    });

    it('comes out of many that are alike', () => {
      const random = seededRandom(12);
      const graph = createCodeGraph({ bytesPerCode: 16, links: 16, effort: 40 });
      graph.resize(700);
      const same = randomCode(2, random);
      for (let node = 0; node < 400; node++) graph.insert(node, same);
      const others = Array.from({ length: 300 }, () => randomCode(2, random));
      for (const [i, code] of others.entries()) graph.insert(400 + i, code);
      let found = 0;
      for (const [i, code] of others.entries()) {
        const weights = Int8Array.from({ length: 128 }, (_, bit) =>
          (code[bit >> 3] >> (bit & 7)) & 1 ? 1 : -1,
        );
        if (graph.nearest(weights, 30).rows.includes(400 + i)) found++;
      }
      expect(found).toBeGreaterThan(250);
    });

    it('starts anew when all were removed', () => {
      const { graph } = filled(createCodeGraph, { words: 1, count: 70, seed: 5 });
      const weights = weightsOf(1, 3);
      for (let node = 0; node < 70; node++) graph.remove(node);
      expect(nodesOf(graph, weights)).toEqual([]);
      const random = seededRandom(6);
      graph.resize(72);
      graph.insert(70, randomCode(1, random));
      graph.insert(71, randomCode(1, random));
      expect(nodesOf(graph, weights)).toEqual([70, 71]);
      graph.bypass(0, 72);
      graph.insert(0, randomCode(1, random));
      expect(nodesOf(graph, weights)).toEqual([0, 70, 71]);
      for (const node of [0, 70, 71]) graph.remove(node);
      graph.bypass(0, 72);
      expect(nodesOf(graph, weights)).toEqual([]);
      graph.insert(5, randomCode(1, random));
      expect(nodesOf(graph, weights)).toEqual([5]);
    });

    it('keeps what it has when it grows', () => {
      const random = seededRandom(2);
      const graph = createCodeGraph({ bytesPerCode: 24, links: 32, effort: 40 });
      const weights = weightsOf(3, 1);
      expect(nodesOf(graph, weights)).toEqual([]);
      for (let node = 0; node < 2600; node++) {
        graph.resize(node + 1);
        graph.insert(node, randomCode(3, random));
        if (node === 500) graph.remove(7);
      }
      expect(graph.nodes).toBe(2600);
      expect(nodesOf(graph, weights)).toEqual(
        Array.from({ length: 2600 }, (_, node) => node).filter((node) => node !== 7),
      );
    });

    it('finds the same after any number of walks elsewhere', () => {
      const { graph } = filled(createCodeGraph, { words: 2, count: 2000, seed: 10 });
      const [here, there] = [weightsOf(2, 21), weightsOf(2, 22)];
      const expected = copy(graph.nearest(here, 3));
      // A walk that takes the place of one of long ago for itself finds nothing where that has been.
      for (let between = 250; between < 260; between++) {
        for (let i = 0; i < between; i++) graph.nearest(there, 1);
        expect(copy(graph.nearest(here, 3))).toEqual(expected);
      }
    });

    it('links and finds as its twin does, ties and all', () => {
      const sizes = fc.record({
        words: fc.integer({ min: 1, max: 9 }),
        count: fc.integer({ min: 1, max: 150 }),
        links: fc.constantFrom(4, 6, 16),
        effort: fc.integer({ min: 1, max: 40 }),
        largest: fc.constantFrom(1, 2, 7, 127),
        wanted: fc.integer({ min: 1, max: 60 }),
        seed: fc.integer(),
      });
      fc.assert(
        fc.property(sizes, ({ words, count, links, effort, largest, wanted, seed }) => {
          const answers = [createCodeGraph, javascriptGraphKernel].map((create) => {
            const random = seededRandom(seed);
            const graph = create({ bytesPerCode: words * 8, links, effort });
            graph.resize(count);
            for (let node = 0; node < count; node++) graph.insert(node, randomCode(words, random));
            const weights = weightsOf(words, seed, largest);
            const allowed = Uint8Array.from({ length: Math.ceil(count / 8) }, () => random() * 256);
            const steps = [copy(graph.nearest(weights, wanted))];
            for (let node = 0; node < count; node += 2) graph.remove(node);
            steps.push(copy(graph.nearest(weights, wanted, allowed)));
            graph.bypass(0, count);
            steps.push(copy(graph.nearest(weights, wanted)));
            for (let node = 0; node < count; node += 4) {
              graph.insert(node, randomCode(words, random));
            }
            steps.push(copy(graph.nearest(weights, wanted)));
            const named = Uint32Array.of(0, count - 1);
            return { steps, distances: graph.distances(weights, named).slice() };
          });
          expect(answers[0]).toEqual(answers[1]);
        }),
        { numRuns: 40 },
      );
    });

    const shapes = fc.record({
      words: fc.integer({ min: 1, max: 9 }),
      count: fc.integer({ min: 1, max: 150 }),
      links: fc.constantFrom(4, 6, 16),
      room: fc.integer({ min: 0, max: 20 }),
      block: fc.integer({ min: 1, max: 60 }),
      seed: fc.integer(),
    });

    it('goes on from what was saved as what was saved does, here and in its twin', () => {
      fc.assert(
        fc.property(shapes, ({ words, count, links, room, block, seed }) => {
          const options = { bytesPerCode: words * 8, links, effort: 20 };
          const [graph, twin] = [createCodeGraph, javascriptGraphKernel].map((create) =>
            worn(create(options), count, room, seed),
          );
          const saved = savedOf(graph, block);
          expect(saved).toEqual(savedOf(twin, block));
          const again = [createCodeGraph, javascriptGraphKernel].map((create) =>
            loaded(create(options), saved),
          );
          for (const one of again) expect(savedOf(one, block)).toEqual(saved);
          const [expected, ...others] = [graph, ...again].map((one) => goOn(one, count, seed));
          for (const other of others) expect(other).toEqual(expected);
          for (const one of again) expect(savedOf(one, block)).toEqual(savedOf(graph, block));
        }),
        { numRuns: 20 },
      );
    });

    it('saves and loads what has no nodes', () => {
      const options = { bytesPerCode: 8, links: 4, effort: 8 };
      const saved = savedOf(createCodeGraph(options), 1);
      const graph = loaded(createCodeGraph(options), saved);
      expect(nodesOf(graph, weightsOf(1, 1))).toEqual([]);
      graph.resize(3);
      graph.insert(2, randomCode(1, seededRandom(1)));
      expect(nodesOf(graph, weightsOf(1, 1))).toEqual([2]);
    });

    it('is empty until all was loaded', () => {
      const options = { bytesPerCode: 16, links: 16, effort: 40 };
      const { graph } = filled(createCodeGraph, { words: 2, count: 100, seed: 1 });
      const { state, blocks } = savedOf(graph, 50);
      const other = createCodeGraph(options);
      other.load(state);
      other.loadBlock(blocks[0]);
      expect(nodesOf(other, weightsOf(2, 1))).toEqual([]);
      other.loadBlock(blocks[1]);
      expect(nodesOf(other, weightsOf(2, 1))).toHaveLength(100);
    });

    it.each<[string, (saved: Saved) => Saved]>([
      ['a link to no node', changeLinks((links) => links.fill(100, 3, 4))],
      ['a link behind one that is absent', changeLinks((links) => links.fill(0xffffffff, 0, 1))],
      ['links of too few', changeBlock(({ links, codes }) => ({ links: links.slice(1), codes }))],
      ['links of too many', changeBlock(({ links, codes }) => ({ links, codes: codes.slice(16) }))],
      ['half a code', changeBlock(({ links, codes }) => ({ links, codes: codes.slice(8) }))],
      ['more nodes', ({ state, blocks }) => ({ state, blocks: [blocks[0], blocks[0]] })],
      ['a bitmap of fewer', changeState(({ alive }) => ({ alive: alive.slice(1) }))],
      ['a bit of no node', changeState(({ alive }) => ({ alive: alive.map(() => 255) }))],
      ['fewer nodes', changeState(() => ({ nodes: 99 }))],
      ['too many nodes', changeState(() => ({ nodes: 2 ** 32 }))],
      ['half a node', changeState(() => ({ nodes: 99.5 }))],
      ['an entry that is no node', changeEntries({ nodes: Uint32Array.of(0, 100) })],
      ['too many entries', changeEntries({ nodes: new Uint32Array(17) })],
      ['no step', changeEntries({ step: 0 })],
      ['nothing inserted', changeEntries({ inserted: Number.NaN })],
    ])('refuses %s', (_, change) => {
      const { graph } = filled(createCodeGraph, { words: 2, count: 100, seed: 1 });
      const damaged = change(savedOf(graph, 60));
      const other = createCodeGraph({ bytesPerCode: 16, links: 16, effort: 40 });
      const load = () => loaded(other, damaged);
      expect(load).toThrow(expect.objectContaining({ code: 'invalid-file' }));
      expect(nodesOf(other, weightsOf(2, 1))).toEqual([]);
    });

    it('takes up nothing of a block that it refuses', () => {
      const { graph } = filled(createCodeGraph, { words: 2, count: 100, seed: 1 });
      const { state, blocks } = savedOf(graph, 100);
      const other = createCodeGraph({ bytesPerCode: 16, links: 16, effort: 40 });
      other.load(state);
      const links = blocks[0].links.slice().fill(100, 1599);
      expect(() => other.loadBlock({ ...blocks[0], links })).toThrow('a link');
      other.loadBlock(blocks[0]);
      expect(savedOf(other, 100)).toEqual({ state, blocks });
    });

    it('refuses what is damaged, or stays within what it has', () => {
      fc.assert(
        fc.property(shapes, fc.integer(), ({ words, count, links, room, block, seed }, damage) => {
          const options = { bytesPerCode: words * 8, links, effort: 20 };
          const graph = worn(createCodeGraph(options), count, room, seed);
          const saved = savedOf(graph, block);
          const random = seededRandom(damage);
          const scatter = (values: Uint8Array | Uint32Array, most: number) => {
            for (let i = 0; i < values.length; i += 1 + Math.floor(random() * 30)) {
              if (values[i] !== 0xffffffff) values[i] = random() * most;
            }
          };
          const most = graph.nodes + (random() < 0.2 ? 1 : 0);
          for (const { links, codes } of saved.blocks) {
            scatter(links, most);
            scatter(codes, 256);
          }
          scatter(saved.state.entries.nodes, most);
          scatter(saved.state.alive.subarray(0, -1), 256);
          let other: CodeGraph;
          try {
            other = loaded(createCodeGraph(options), saved);
          } catch (error) {
            expect(error).toMatchObject({ code: 'invalid-file' });
            return;
          }
          const { rows } = other.nearest(weightsOf(words, 1), 1000);
          expect(rows.every((node) => node < other.nodes)).toBe(true);
          goOn(other, count, seed);
        }),
        { numRuns: 40 },
      );
    });
  });
}

interface Saved {
  readonly state: GraphState;
  readonly blocks: GraphBlock[];
}

function savedOf(graph: CodeGraph, block: number): Saved {
  const blocks: GraphBlock[] = [];
  for (let first = 0; first < graph.nodes; first += block) {
    blocks.push(graph.saveBlock(first, Math.min(graph.nodes, first + block)));
  }
  return { state: graph.save(), blocks };
}

function loaded(graph: CodeGraph, { state, blocks }: Saved): CodeGraph {
  graph.load(state);
  for (const block of blocks) graph.loadBlock(block);
  return graph;
}

function changeState(change: (state: GraphState) => Partial<GraphState>) {
  return ({ state, blocks }: Saved): Saved => ({ state: { ...state, ...change(state) }, blocks });
}

function changeEntries(entries: Partial<GraphState['entries']>) {
  return changeState((state) => ({ entries: { ...state.entries, ...entries } }));
}

function changeBlock(change: (block: GraphBlock) => GraphBlock) {
  return ({ state, blocks: [first, ...rest] }: Saved): Saved => ({
    state,
    blocks: [change(first), ...rest],
  });
}

function changeLinks(change: (links: Uint32Array) => Uint32Array) {
  return changeBlock(({ links, codes }) => ({ links: change(links.slice()), codes }));
}

/** Nodes that were inserted in places here and there, of which some were removed, and some of these linked past. */
function worn(graph: CodeGraph, count: number, room: number, seed: number): CodeGraph {
  const random = seededRandom(seed);
  const words = graph.bytesPerCode / 8;
  graph.resize(count + room);
  for (let node = 0; node < count; node++) {
    if (random() < 0.9) graph.insert(node, randomCode(words, random));
  }
  for (let node = 0; node < count; node += 3) graph.remove(node);
  graph.bypass(0, Math.floor(count / 2));
  return graph;
}

/** What a graph answers to all that it can be asked for and told. */
function goOn(graph: CodeGraph, count: number, seed: number): unknown[] {
  const random = seededRandom(seed + 1);
  const words = graph.bytesPerCode / 8;
  const weights = weightsOf(words, seed);
  const answers: unknown[] = [copy(graph.nearest(weights, 5))];
  const insert = (node: number) => graph.insert(node, randomCode(words, random));
  for (let node = graph.nodes; node < count + 40; node++) {
    graph.resize(node + 1);
    insert(node);
  }
  answers.push(copy(graph.nearest(weights, 20)));
  for (let node = 1; node < count; node += 3) graph.remove(node);
  graph.bypass(0, graph.nodes);
  answers.push(copy(graph.nearest(weights, 20)));
  for (let node = 0; node < count; node += 3) insert(node);
  answers.push(copy(graph.nearest(weights, 20)), graph.save());
  return answers;
}

function copy({ rows, distances }: NearRows): NearRows {
  return { rows: rows.slice(), distances: distances.slice() };
}

function filled(
  createCodeGraph: GraphKernel,
  { words, count, seed }: { readonly words: number; readonly count: number; readonly seed: number },
): { readonly graph: CodeGraph; readonly codes: Uint8Array[] } {
  const random = seededRandom(seed);
  const graph = createCodeGraph({ bytesPerCode: words * 8, links: 16, effort: 40 });
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

function weightsOf(words: number, seed: number, largest = 7): Int8Array {
  const random = seededRandom(seed);
  return Int8Array.from({ length: words * 64 }, () => Math.round((2 * random() - 1) * largest));
}

function distanceOf(code: Uint8Array, weights: Int8Array): number {
  return weights.reduce((sum, weight, bit) => {
    const isOne = ((code[bit >> 3] >> (bit & 7)) & 1) === 1;
    return sum + (isOne === weight > 0 ? 0 : Math.abs(weight));
  }, 0);
}

function nodesOf(graph: CodeGraph, weights: Int8Array, allowed?: Uint8Array): number[] {
  return Array.from(graph.nearest(weights, 1e6, allowed).rows).sort((a, b) => a - b);
}

function isRising(distances: Uint32Array): boolean {
  return distances.every((distance, i) => i === 0 || distance >= distances[i - 1]);
}
