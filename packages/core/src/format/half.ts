/** The smallest normal float16; below it they lie `2^-24` apart. */
const smallestNormal = 2 ** -14;
const mantissa = 1024;

/**
 * The bits of the IEEE 754 binary16 number nearest to `value`, ties to even; infinity from 65520 on.
 */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < smallestNormal) return sign | roundToEven(size * 2 ** 24);
  // Exact for every float32: its logarithm errs by far less than the distance to a power of two, which
  // is corrected where it does not.
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent--;
  // A mantissa that rounds up to 1024 carries into the exponent, as it should.
  return sign | ((exponent + 15) * mantissa + roundToEven((size / 2 ** exponent - 1) * mantissa));
}

/** The value of the bits of a binary16 number. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & (mantissa - 1);
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / mantissa) * 2 ** (exponent - 15);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
