// Not by `instanceof`: what comes from another realm (a Jest test, an iframe, a `vm`) has classes of its own.

export function isFloat32Array(value: unknown): value is Float32Array<ArrayBuffer> {
  return tagOf(value) === '[object Float32Array]';
}

/** Also true for Node's Buffer. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return tagOf(value) === '[object Uint8Array]';
}

export function isInt8Array(value: unknown): value is Int8Array {
  return tagOf(value) === '[object Int8Array]';
}

export function isUint32Array(value: unknown): value is Uint32Array {
  return tagOf(value) === '[object Uint32Array]';
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}
