import { compileWasm } from '../compile-wasm.ts';
import type { BitCounting } from '../faster-counting.ts';
import { fasterCounting } from '../faster-counting.ts';
import type { CodeGraph, CodeGraphOptions } from './code-graph.ts';
import { graphExports } from './graph-exports.generated.ts';
import { graphWasmBinary } from './graph-wasm-binary.generated.ts';
import { JavascriptCodeGraph } from './javascript-code-graph.ts';
import { WasmCodeGraph } from './wasm-code-graph.ts';

/** Makes graphs, in WebAssembly or JavaScript: both link the same nodes, and find the same. */
export type GraphKernel = (options: CodeGraphOptions) => CodeGraph;

export const javascriptGraphKernel: GraphKernel = (options) => new JavascriptCodeGraph(options);

/**
 * Apart from the other kernels, as few programs need both.
 *
 * @param counting default: what is faster on this machine
 * @returns undefined where WebAssembly (with SIMD) is missing or forbidden
 */
export function createWasmGraphKernel(counting?: BitCounting): GraphKernel | undefined {
  const module = compileWasm(graphWasmBinary);
  if (!module) return undefined;
  const instantiate = () => graphExports(new WebAssembly.Instance(module));
  const countsInVectors = (counting ?? fasterCounting(instantiate())) === 'vector';
  return (options) => {
    const kernel = instantiate();
    kernel.countInVectors(countsInVectors);
    return new WasmCodeGraph(kernel, options);
  };
}

let chosen: GraphKernel | undefined;

/** WebAssembly where there is any, JavaScript elsewhere; chosen once per process. */
export function defaultGraphKernel(): GraphKernel {
  chosen ??= createWasmGraphKernel() ?? javascriptGraphKernel;
  return chosen;
}
