// What the packages and tools of this repository share. Not for others: it changes without notice.
export { recommendFor } from './analysis/measure-drift.ts';
export { namingFile } from './errors/naming-file.ts';
export type { ByteSource } from './format/checked-blocks.ts';
export type { Crc32 } from './format/crc32.ts';
export { crc32 } from './format/crc32.ts';
export { decodeFile, encodeFile } from './format/file.ts';
export { parseJson } from './format/parse-json.ts';
export type { Tensor, TensorSlot } from './format/safetensors.ts';
export {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensorsHeader,
} from './format/safetensors.ts';
export { createWasmScanKernel, javascriptScanKernel } from './kernels/scan/scan-kernel.ts';
export { atOnce } from './progress/steps.ts';
export { checkpoint } from './progress/task-options.ts';
export { unlessAborted } from './progress/unless-aborted.ts';
export { mostBits, resolveKind } from './quantizers/families.ts';
export { TopK } from './search/ranking/top-k.ts';
export type { SegmentToFill } from './search/restore-index.ts';
export { salvageVectors } from './search/salvage-vectors.ts';
export { ExternalVectors } from './search/vectors/external-vectors.ts';
export type { VectorCodec } from './search/vectors/vector-codecs.ts';
export { vectorCodec } from './search/vectors/vector-codecs.ts';
export { VectorRows } from './search/vectors/vector-rows.ts';
export { leadingSubspace } from './transforms/leading-subspace.ts';
export { float16Values, toFloat16 } from './vectors/float16.ts';
export { checkedShape } from './vectors/matrix.ts';
export { seededRandom } from './vectors/random.ts';
