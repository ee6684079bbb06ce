/** The float32 value of all float16 bit patterns. */
let table: Float32Array | undefined;

export function float16Values(): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => decode(bits));
  return table;
}

function decode(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bit pattern of the nearest float16, ties to even, as IEEE 754 rounds. */
export function toFloat16(value: number): number {
  float[0] = value;
  const bits = word[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7e00;
  // From half of the step above the largest float16 on, the nearest is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below the normal numbers the steps are 2⁻²⁴ wide.
    const steps = Math.abs(float[0]) * 2 ** 24;
    const down = Math.floor(steps);
    const rest = steps - down;
    const up = rest > 0.5 || (rest === 0.5 && down % 2 === 1);
    return sign | (down + (up ? 1 : 0));
  }
  const rebased = magnitude - 0x38000000;
  const odd = (rebased >>> 13) & 1;
  return sign | ((rebased + 0xfff + odd) >>> 13);
}
