import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { arrangeLayout, headAndGroups } from './arrange-layout.ts';
import { dropMembers, learnThresholds } from './learn-thresholds.ts';
import type { Trial } from './trial.ts';
import { prepareTrial } from './trial.ts';

/** Vectors around a few topics, so that they have neighbours to find. */
function topics(rows: number, columns: number): Matrix {
  const random = seededRandom(5);
  const centres = Array.from({ length: 12 * columns }, () => gaussian(random));
  const values = zeros(rows, columns);
  for (let p = 0; p < values.data.length; p++) {
    const topic = Math.floor(p / columns) % 12;
    values.data[p] = centres[topic * columns + (p % columns)] + 0.7 * gaussian(random) + 0.4;
  }
  return normalizeRows(values);
}

const documents = topics(900, 24);

async function start(): Promise<{
  trial: Required<Trial>;
  arranged: ReturnType<typeof arrangeLayout>;
}> {
  const trial = (await prepareTrial(documents, undefined, 0, {})) as Required<Trial>;
  const arranged = arrangeLayout(trial.values, headAndGroups(24, 12), {
    rule: 'or',
    centre: 'median',
  });
  return { trial, arranged };
}

describe('learnThresholds', () => {
  it('finds more neighbours of held-out vectors than quantiles do', async () => {
    const { trial, arranged } = await start();
    const learned = await learnThresholds(arranged, trial, { seed: 0 });
    const before = trial.recall(arranged.layout, arranged.thresholds);
    expect(trial.recall(learned.layout, learned.thresholds)).toBeGreaterThan(before + 0.005);
  });

  it('keeps the start where nothing is held out', async () => {
    const { trial, arranged } = await start();
    const { vectors, values } = trial;
    expect(await learnThresholds(arranged, { vectors, values }, { seed: 0 })).toBe(arranged);
  });

  it('stops when asked to', async () => {
    const { trial, arranged } = await start();
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const options = { seed: 0, signal: controller.signal, onProgress };
    await expect(learnThresholds(arranged, trial, options)).rejects.toThrow('enough');
  });
});

describe('dropMembers', () => {
  it('raises thresholds that are hardly ever reached to infinity', async () => {
    const { trial, arranged } = await start();
    const thresholds = arranged.thresholds.slice();
    // Above every value of a unit vector: never reached, so that nothing is lost.
    thresholds[0] = 1.5;
    const dropped = dropMembers({ ...arranged, thresholds }, trial);
    expect(dropped.thresholds[0]).toBe(Infinity);
    const recall = trial.recall(arranged.layout, thresholds);
    expect(trial.recall(dropped.layout, dropped.thresholds)).toBeGreaterThanOrEqual(recall);
  });

  it('never drops the only member of a bit', async () => {
    const { trial } = await start();
    const single = arrangeLayout(trial.values, [{ dimensions: 12, bits: 12 }], {
      rule: 'or',
      centre: 'median',
    });
    const thresholds = single.thresholds.fill(1.5);
    expect(dropMembers({ ...single, thresholds }, trial).thresholds).toEqual(thresholds);
  });
});
