import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../vectors/random.ts';
import { codeGraphSuite } from './code-graph.suite.ts';
import type { GraphKernel } from './graph-kernel.ts';
import { createWasmGraphKernel, javascriptGraphKernel } from './graph-kernel.ts';

describe.each(['scalar', 'vector'] as const)('counting bits by %s', (counting) => {
  codeGraphSuite(createWasmGraphKernel(counting) as GraphKernel);
});

describe('in JavaScript', () => codeGraphSuite(javascriptGraphKernel));

it('keeps a graph as it is where there is no room for more', () => {
  const graph = (createWasmGraphKernel() as GraphKernel)({
    bytesPerCode: 65_536,
    links: 4,
    effort: 8,
  });
  const random = seededRandom(5);
  const insert = (node: number) =>
    graph.insert(
      node,
      Uint8Array.from({ length: 65_536 }, () => random() * 256),
    );
  const weights = Int8Array.from({ length: 524_288 }, () => random() * 3);
  const found = () => Array.from(graph.nearest(weights, 9).rows).sort((a, b) => a - b);
  graph.resize(4);
  for (const node of [0, 1, 2]) insert(node);
  expect(() => graph.resize(100_000)).toThrow(RangeError);
  expect(graph.nodes).toBe(4);
  expect(found()).toEqual([0, 1, 2]);
  insert(3);
  expect(found()).toEqual([0, 1, 2, 3]);
});

it('is absent where WebAssembly is', () => {
  const webAssembly = globalThis.WebAssembly;
  try {
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    expect(createWasmGraphKernel()).toBeUndefined();
  } finally {
    globalThis.WebAssembly = webAssembly;
  }
});
