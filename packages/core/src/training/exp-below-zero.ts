/** 2⁰, 2⁻¹, … */
const powers = Float64Array.from({ length: 128 }, (_, k) => 2 ** -k);
/** Below, a float32 would have fewer digits. */
const smallest = -87;

/**
 * The exponential of a number that is not above zero, to a float32's precision, in a fraction of the time of
 * `Math.exp`: 2⁻ᵏ times the Taylor series at what is left, which is at most half of ln 2.
 *
 * @returns 0 below -87
 */
export function expBelowZero(x: number): number {
  if (x < smallest) return 0;
  const k = (0.5 - x * Math.LOG2E) | 0;
  const r = x + k * Math.LN2;
  return (
    powers[k] *
    (1 +
      r *
        (1 +
          r *
            (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040))))))))
  );
}
