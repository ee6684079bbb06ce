import { javascriptKernel } from './javascript-kernel.ts';
import type { Kernel } from './kernel.ts';
import { createWasmKernel } from './wasm-kernel.ts';

let chosen: Kernel | undefined;

/** WebAssembly where there is any, JavaScript elsewhere; chosen once per process. */
export function defaultKernel(): Kernel {
  chosen ??= createWasmKernel() ?? javascriptKernel;
  return chosen;
}
