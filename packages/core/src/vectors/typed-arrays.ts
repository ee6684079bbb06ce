// Not by `instanceof`: what comes from another realm (a Jest test, an iframe, a `vm`) has classes of its own.

export function isFloat32Array(value: unknown): value is Float32Array<ArrayBuffer> {
  return Object.prototype.toString.call(value) === '[object Float32Array]';
}

/** Also true for Node's Buffer. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}
