import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** As many as two models of anybody will never share. */
const digits = 32;

/** A short text that is the same for the same values, whatever the order of their fields. */
export function fingerprintOf(parts: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(parts, (_key, value: unknown) => canonical(value));
  return bytesToHex(sha256(new TextEncoder().encode(text))).slice(0, digits);
}

function canonical(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return bytesToHex(sha256(new Uint8Array(buffer, byteOffset, byteLength)));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
