import { workerId } from 'tinypool';
import { bytesPerCode } from '../codes/codes.ts';
import type { SharedKernel } from '../kernels/shared-kernel.ts';
import { createSharedKernel } from '../kernels/wasm-shared-kernel.ts';
import { loadQuantizer } from '../quantizers/load-quantizer.ts';
import { CodeSearch } from '../search/code-search.ts';
import { FlatIndex } from '../search/flat-index.ts';
import { openSharedSegment } from '../search/open-shared-segment.ts';
import { segmentSlots } from '../search/segment-rows.ts';
import type { SearchTask, SearchTaskResult, SharedIndex } from './search-task.ts';

interface Opened {
  readonly version: number;
  readonly dimensions: number;
  readonly search: Pick<CodeSearch, 'searchBatch'>;
}

let opened: Opened | undefined;

/** Searches an index that another thread shares, as far as its vectors are there to be read. */
export function search({ version, index, queries, options }: SearchTask): SearchTaskResult {
  if (index) opened = open(version, index);
  if (opened?.version !== version) return undefined;
  const { dimensions } = opened;
  const asked = { rows: queries.length / dimensions, columns: dimensions, data: queries };
  const found = opened.search.searchBatch(asked, options);
  const all = found.flat();
  return {
    counts: Uint32Array.from(found, (hits) => hits.length),
    rows: Float64Array.from(all, ({ row }) => row),
    scores: Float64Array.from(all, ({ score }) => score),
  };
}

function open(version: number, { quantizer: file, content }: SharedIndex): Opened {
  // A file is read with views that shared memory does not allow.
  const quantizer = loadQuantizer(new Uint8Array(file).slice());
  const { bits, inputDimensions: dimensions } = quantizer;
  if (content.kind === 'copy') {
    const { rows, codes } = content;
    const storage = { fetchVectors: () => Promise.reject(new Error('workers have no vectors')) };
    const known = { rows, bits, bytesPerCode: bytesPerCode(bits), data: new Uint8Array(codes) };
    return {
      version,
      dimensions,
      search: new FlatIndex(quantizer, undefined, known, { storage }),
    };
  }
  const party = content.firstParty + workerId - 1;
  const kernel = createSharedKernel({ mostRows: segmentSlots, party }) as SharedKernel;
  const segments = content.segments.map((segment, ordinal) =>
    openSharedSegment(segment, bytesPerCode(bits), ordinal, kernel),
  );
  const search = new CodeSearch({ quantizer, segments, prefixBits: 0, source: undefined });
  return { version, dimensions, search };
}
