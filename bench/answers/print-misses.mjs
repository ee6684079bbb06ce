import { isHit } from './is-hit.mjs';

/** Prints the questions that a method misses in its first five places, and where each method has an answer. */
export function printMisses(results, method) {
  console.log(`\nNot in the first five of ${method}:`);
  for (const { package: name, question, ranks } of results) {
    if (isHit(ranks[method], 5)) continue;
    const places = Object.entries(ranks).map(([other, rank]) => `${other} ${rank ?? 'none'}`);
    console.log(`${name}: ${question} (${places.join(', ')})`);
  }
}
