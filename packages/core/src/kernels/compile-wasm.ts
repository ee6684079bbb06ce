/**
 * @param binary hexadecimal digits
 * @returns undefined where there is no WebAssembly, an engine has no SIMD, or a page's content security policy forbids compiling
 */
export function compileWasm(binary: string): WebAssembly.Module | undefined {
  try {
    const bytes = new Uint8Array(binary.length / 2);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = Number.parseInt(binary.slice(2 * i, 2 * i + 2), 16);
    }
    return new WebAssembly.Module(bytes);
  } catch {
    return undefined;
  }
}
