import type { Side } from '../quantizer.ts';

/** What each value must exceed for its bit to be 1, by side. */
export type Thresholds = Readonly<Record<Side, Float32Array>>;
