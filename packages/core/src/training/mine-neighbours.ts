import type { Codes } from '../codes/codes.ts';
import { scanKernel } from '../kernels/scan/scan-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row } from '../vectors/matrix.ts';
import { nearestNeighbours } from './exact-neighbours.ts';

/** Comparing every row with every other takes no longer up to about so many. */
const mostExact = 2000;
/** Codes that are nearest to a row's, per neighbour that is wanted: the vectors decide among them. */
const candidatesPerNeighbour = 8;
const blockRows = 256;

/**
 * The `count` rows with the largest inner product with each row, itself left out: `rows x count` row
 * numbers, in no order. Exact for a few thousand rows; of more, those that a scan of their codes finds.
 *
 * @param vectors unit length
 * @param encode gives codes whose Hamming distances follow the cosines
 */
export async function mineNeighbours(
  vectors: Matrix,
  count: number,
  encode: (vectors: Matrix) => Codes,
  options: TaskOptions = {},
): Promise<Uint32Array> {
  const { rows } = vectors;
  if (rows <= mostExact) return nearestNeighbours(vectors, count, options);
  const kernel = scanKernel();
  const codes = encode(vectors);
  const codeMemory = kernel.createCodeMemory(codes.bytesPerCode);
  codeMemory.resize(rows);
  codeMemory.bytes().set(codes.data);
  const vectorMemory = kernel.createVectorMemory(rows, vectors.columns, 'float32');
  const { data } = vectors;
  vectorMemory.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const neighbours = new Uint32Array(rows * count);
  for (let i = 0; i < rows; i++) {
    if (i % blockRows === 0) await checkpoint(options, { stage: 'mine', done: i, total: rows });
    const code = codes.data.subarray(i * codes.bytesPerCode, (i + 1) * codes.bytesPerCode);
    const near = codeMemory.nearest(code, candidatesPerNeighbour * count).rows;
    const candidates = near.filter((candidate) => candidate !== i);
    const products = vectorMemory.dotProducts(row(vectors, i), candidates);
    const order = Uint32Array.from(candidates.keys()).sort((a, b) => products[b] - products[a]);
    for (let p = 0; p < count; p++) neighbours[i * count + p] = candidates[order[p]];
  }
  return neighbours;
}
