import { pairedBootstrap } from '@bitryoshka/core/evaluation';
import { isHit } from './is-hit.mjs';

/** Prints how much more often the first method has an answer in its first five places. */
export function printComparison(results, first, second) {
  const [a, b] = [first, second].map((method) =>
    results.map(({ ranks }) => (isHit(ranks[method], 5) ? 1 : 0)),
  );
  const { meanDifference, low, high } = pairedBootstrap(a, b);
  const onlyFirst = a.filter((hit, i) => hit > b[i]).length;
  const onlySecond = a.filter((hit, i) => hit < b[i]).length;
  console.log(
    `${first} against ${second}, top 5 of ${results.length}: ` +
      `${points(meanDifference)} points (95 %: ${points(low)} to ${points(high)}); ` +
      `only ${first} ${onlyFirst}, only ${second} ${onlySecond}, ` +
      `sign test p = ${signTest(onlyFirst, onlySecond).toFixed(3)}`,
  );
}

const points = (share) => `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)}`;

/** Two-sided: how likely so uneven a split is where either outcome is as likely as the other. */
function signTest(wins, losses) {
  const n = wins + losses;
  let tail = 0;
  let probability = 0.5 ** n;
  for (let i = 0; i <= Math.min(wins, losses); i++) {
    tail += probability;
    probability *= (n - i) / (i + 1);
  }
  return Math.min(1, 2 * tail);
}
