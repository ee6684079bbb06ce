// What the packages and tools of this repository share. Not for others: it changes without notice.
export { decodeFile, encodeFile } from './format/file.ts';
export type { Tensor, TensorSlot } from './format/safetensors.ts';
export {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensorsHeader,
} from './format/safetensors.ts';
export { createWasmScanKernel, javascriptScanKernel } from './kernels/scan/scan-kernel.ts';
export { checkpoint } from './progress/task-options.ts';
export { unlessAborted } from './progress/unless-aborted.ts';
export { mostBits } from './quantizers/most-bits.ts';
export { TopK } from './search/ranking/top-k.ts';
export { VectorRows } from './search/vectors/vector-rows.ts';
export { checkedShape } from './vectors/matrix.ts';
export { seededRandom } from './vectors/random.ts';
