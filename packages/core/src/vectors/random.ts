/** Uniform numbers in [0, 1) that depend on nothing but the seed. */
export type Random = () => number;

/**
 * A small seeded generator for splits, samples and random rotations (not for cryptography).
 * Source: "splitmix32", the 32-bit finaliser of MurmurHash3 over a Weyl sequence.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296;
  };
}

/** One draw from the standard normal distribution (Box–Muller). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** `count` different numbers below `population`, in increasing order. */
export function sampleIndices(population: number, count: number, random: Random): Uint32Array {
  const chosen = new Uint32Array(Math.min(count, population));
  let taken = 0;
  // Selection sampling: each index is taken with the chance that keeps every subset equally likely.
  for (let i = 0; taken < chosen.length; i++) {
    if (random() * (population - i) < chosen.length - taken) chosen[taken++] = i;
  }
  return chosen;
}
