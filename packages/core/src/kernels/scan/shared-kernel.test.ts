import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../vectors/random.ts';
import { scanKernelSuite } from './scan-kernel.suite.ts';
import type { ScanKernel } from './scan-kernel.ts';
import { createWasmScanKernel } from './scan-kernel.ts';
import type { SharedKernel } from './shared-kernel.ts';
import { createSharedKernel } from './shared-kernel.ts';

const mostRows = 20_000;
const kernelOf = (party: number) => createSharedKernel({ mostRows, party }) as SharedKernel;
const [owner, reader, other] = [0, 1, 255].map(kernelOf) as [
  SharedKernel,
  SharedKernel,
  SharedKernel,
];

describe('by its owner', () =>
  scanKernelSuite({ ...(createWasmScanKernel() as ScanKernel), ...owner }));
describe('by another thread', () => {
  scanKernelSuite({ ...(createWasmScanKernel() as ScanKernel), ...other });
});

describe('a memory that threads share', () => {
  const random = seededRandom(5);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random() * 256);

  it('shows others what its owner writes, without a copy', () => {
    const codes = owner.createCodeMemory(16);
    codes.resize(500);
    const memory = owner.memoryOf(codes) as WebAssembly.Memory;
    const opened = reader.openCodeMemory(memory, 16, 400);
    codes.bytes().set(bytes(500 * 16));
    expect(opened.bytes()).toEqual(codes.bytes().subarray(0, 400 * 16));
    const query = bytes(16);
    const ranges = Uint32Array.of(0, 400);
    const expected = codes.nearest(query, 40, undefined, { ranges });
    codes.resize(mostRows);
    expect(opened.nearest(query, 40)).toEqual(expected);
    const vectors = owner.createVectorMemory(50, 12, 'float32');
    const openedVectors = reader.openVectorMemory(
      owner.memoryOf(vectors) as WebAssembly.Memory,
      50,
      12,
      'float32',
    );
    new Float32Array(vectors.bytes.buffer, vectors.bytes.byteOffset, 600).fill(0.5);
    const dot = openedVectors.dotProducts(new Float32Array(12).fill(1), Uint32Array.of(49, 0));
    expect([...dot]).toEqual([6, 6]);
  });

  it('is left as it is by searches of every thread, however many rows are wanted', () => {
    const codes = owner.createCodeMemory(8);
    codes.resize(mostRows);
    codes.bytes().set(bytes(mostRows * 8));
    const before = codes.bytes().slice();
    const memory = owner.memoryOf(codes) as WebAssembly.Memory;
    const queries = bytes(8 * 8);
    const allowed = new Uint8Array(mostRows / 8).fill(255);
    const found = [reader, other].map((kernel) =>
      kernel.openCodeMemory(memory, 8, mostRows).nearestOfEach(queries, mostRows, allowed),
    );
    expect(found[0]).toEqual(found[1]);
    expect(found[0]).toEqual(codes.nearestOfEach(queries, mostRows, allowed));
    expect(found[0]?.map(({ rows }) => rows.length)).toEqual(Array(8).fill(mostRows));
    expect(codes.bytes()).toEqual(before);
  });

  it('is told from memory of one thread', () => {
    expect(
      owner.memoryOf((createWasmScanKernel() as ScanKernel).createCodeMemory(8)),
    ).toBeUndefined();
  });
});

it('is absent where memory cannot be shared', () => {
  const shared = globalThis.SharedArrayBuffer;
  try {
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
    expect(createSharedKernel({ mostRows, party: 0 })).toBeUndefined();
  } finally {
    globalThis.SharedArrayBuffer = shared;
  }
});
