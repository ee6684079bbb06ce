/** Formats that keep which of a few levels is nearest to a value. */
export type LevelFormat = 'int4' | 'int2';

/**
 * The levels, in rising order: those that lie nearest to what is drawn from a normal distribution, in units of
 * which the largest is 127. Zeros behind them fill what a kernel looks them up in.
 * Source: Max, "Quantizing for minimum distortion" (1960), table I.
 */
export const gaussianLevels: Readonly<Record<LevelFormat, Int8Array>> = {
  int4: Int8Array.of(-127, -96, -75, -58, -44, -31, -18, -6, 6, 18, 31, 44, 58, 75, 96, 127),
  int2: Int8Array.of(-127, -38, 38, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
};
