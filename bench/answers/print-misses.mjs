import { isHit } from './is-hit.mjs';

/** Prints the questions that the first method misses in its first five places, and the second does not. */
export function printMisses(results, first, second) {
  console.log(`\nIn the first five of ${second}, but not of ${first}:`);
  for (const { package: name, question, ranks } of results) {
    if (isHit(ranks[first], 5) || !isHit(ranks[second], 5)) continue;
    console.log(`${name}: ${question} (${first} ${ranks[first]}, ${second} ${ranks[second]})`);
  }
}
