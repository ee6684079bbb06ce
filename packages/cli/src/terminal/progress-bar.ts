import type { Progress } from '@bitryoshka/core';
import { Presets, SingleBar } from 'cli-progress';

/** Shows the progress of long tasks on standard error; on a terminal only. */
export class ProgressBar {
  readonly #bar = new SingleBar(
    {
      format: '{stage} {bar} {value}/{total}',
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      stopOnComplete: false,
    },
    Presets.shades_classic,
  );
  #stage = '';

  /** Bound, so that it can be passed as `onProgress`. */
  readonly update = ({ stage, done, total }: Progress): void => {
    if (stage !== this.#stage) {
      this.stop();
      this.#stage = stage;
      this.#bar.start(total, done, { stage: stage.padEnd(8) });
    } else {
      this.#bar.setTotal(total);
      this.#bar.update(done);
    }
  };

  /** Removes the bar, so that other output is not drawn over. */
  stop(): void {
    this.#bar.stop();
    this.#stage = '';
  }
}
