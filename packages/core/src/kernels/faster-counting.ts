import type { ScanExports } from './scan/scan-exports.generated.ts';
import { base, ensureBytes } from './wasm-memory.ts';

/** How bits are counted: eight bytes at a time or sixteen. Processors differ in which is faster. */
export type BitCounting = 'scalar' | 'vector';

/** What all kernels that count bits have. */
type CountingExports = Pick<ScanExports, 'memory' | 'countInWords' | 'countInLanes'>;

/** Of 32 bytes: they take about a microsecond. */
const measuredCodes = 512;
const countsPerTrial = 16;
const longestMilliseconds = 8;
/** Engines run new code several times slower at first: until it gets faster by so much, it is new. */
const compiledGain = 1.25;
/** Short measurements err: only a clear gain counts. */
const clearGain = 0.9;
const fewestTrials = 20;
/** They fill that time; the clocks of tests may stand still. */
const mostTrials = 400;

/**
 * Measures both ways of counting bits. `scalar` where the engine did not get round to compiling in time.
 *
 * @param now milliseconds
 */
export function fasterCounting(
  kernel: CountingExports,
  now: () => number = () => performance.now(),
): BitCounting {
  ensureBytes(kernel.memory, base + measuredCodes * 32);
  const trials = (['countInWords', 'countInLanes'] as const).map((name) => ({
    name,
    first: 0,
    best: Infinity,
  }));
  const end = now() + longestMilliseconds;
  for (let round = 0; round < mostTrials && now() < end; round++) {
    for (const trial of trials) {
      const start = now();
      for (let i = 0; i < countsPerTrial; i++)
        kernel[trial.name]({ codes: base, count: measuredCodes });
      const time = now() - start;
      if (round === 0) trial.first = time;
      trial.best = Math.min(trial.best, time);
    }
    const areCompiled = trials.every(({ first, best }) => first > compiledGain * best);
    if (areCompiled && round >= fewestTrials) {
      return trials[1].best < clearGain * trials[0].best ? 'vector' : 'scalar';
    }
  }
  return 'scalar';
}
