import { seededRandom } from '../../vectors/random.ts';

/** Means of `samples` draws of as many values as there are, with replacement; in increasing order. */
export function bootstrapMeans(
  values: ArrayLike<number>,
  samples: number,
  seed: number,
): Float64Array {
  const random = seededRandom(seed);
  const { length } = values;
  return Float64Array.from({ length: samples }, () => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += values[Math.floor(random() * length)];
    return sum / length;
  }).sort();
}
