import { bytesPerCode } from '../codes/codes.ts';
import { loadQuantizer } from '../quantizers/load-quantizer.ts';
import { FlatIndex } from '../search/flat-index.ts';
import type { SearchTask, SearchTaskResult, SharedCodes } from './search-task.ts';

let prepared: { readonly version: number; readonly index: FlatIndex } | undefined;

/** Searches codes in a worker: the stages before re-ranking. */
export function search({ shared, queries, options }: SearchTask): SearchTaskResult {
  const index = prepare(shared);
  const { dimensions } = index;
  const asked = { rows: queries.length / dimensions, columns: dimensions, data: queries };
  const found = index.searchBatch(asked, { ...options, rerank: 0 });
  const all = found.flat();
  return {
    counts: Uint32Array.from(found, (hits) => hits.length),
    rows: Uint32Array.from(all, ({ row }) => row),
    scores: Float64Array.from(all, ({ score }) => score),
  };
}

function prepare({ version, quantizer: file, codes, rows }: SharedCodes): FlatIndex {
  if (prepared?.version === version) return prepared.index;
  // A file is read with views that shared memory does not allow.
  const quantizer = loadQuantizer(new Uint8Array(file).slice());
  const { bits } = quantizer;
  const data = new Uint8Array(codes);
  const storage = { fetchVectors: () => Promise.reject(new Error('workers have no vectors')) };
  const known = { rows, bits, bytesPerCode: bytesPerCode(bits), data };
  prepared = { version, index: new FlatIndex(quantizer, undefined, known, { storage }) };
  return prepared.index;
}
