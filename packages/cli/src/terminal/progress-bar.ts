import type { Progress } from '@bitryoshka/core';
import { Presets, SingleBar } from 'cli-progress';
import { formatDuration } from './format.ts';

/** Before that, a rate says little. */
const millisecondsOfRate = 1000;

/**
 * Shows the progress of long tasks on standard error, with rate and time left; on a terminal only:
 * `embed ████████░░░░░░░░ 1,234 of 5,000, 412/s, 9 s left`.
 */
export class ProgressBar {
  readonly #bar = new SingleBar(
    {
      format: '{stage} {bar} {value} of {total}{rate}',
      formatValue: (value, _, type) =>
        type === 'value' || type === 'total' ? value.toLocaleString('en') : String(value),
      stream: process.stderr,
      barsize: 24,
      clearOnComplete: true,
      hideCursor: true,
      stopOnComplete: false,
    },
    Presets.shades_classic,
  );
  #stage = '';
  #start = { time: 0, done: 0 };

  /** Bound, so that it can be passed as `onProgress`. */
  readonly update = ({ stage, done, total }: Progress): void => {
    if (stage !== this.#stage) {
      this.stop();
      this.#stage = stage;
      this.#start = { time: performance.now(), done };
      process.once('SIGINT', this.#interrupt);
      this.#bar.start(total, done, { stage: stage.padEnd(8), rate: '' });
    } else {
      this.#bar.setTotal(total);
      this.#bar.update(done, { rate: this.#rate(done, total) });
    }
  };

  /** Removes the bar, so that other output is not drawn over. */
  stop(): void {
    this.#stage = '';
    process.off('SIGINT', this.#interrupt);
    this.#bar.stop();
  }

  #rate(done: number, total: number): string {
    const elapsed = performance.now() - this.#start.time;
    const count = done - this.#start.done;
    if (elapsed < millisecondsOfRate || count <= 0) return '';
    const rate = (1000 * count) / elapsed;
    const shown = rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en');
    return `, ${shown}/s, ${formatDuration((total - done) / rate)} left`;
  }

  /** The cursor comes back, whoever ends the process. */
  readonly #interrupt = (): void => {
    this.stop();
    if (process.listenerCount('SIGINT') === 0) process.exit(130);
  };
}
