/** @returns undefined where an engine has no SIMD, or a page's content security policy forbids compiling */
export function compileWasm(binary: string): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(
      Uint8Array.from(atob(binary), (character) => character.charCodeAt(0)),
    );
  } catch {
    return undefined;
  }
}
