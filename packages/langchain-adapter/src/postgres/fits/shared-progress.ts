import type { Progress, TaskOptions } from '@bitryoshka/core';

/** One task as several that go on side by side: what they report is added up, stage by stage. */
export function sharedProgress(
  { signal, onProgress }: TaskOptions,
  count: number,
): readonly TaskOptions[] {
  const reported = Array.from({ length: count }, () => new Map<string, Progress>());
  return reported.map((own) => ({
    signal,
    onProgress:
      onProgress &&
      ((progress) => {
        const { stage } = progress;
        own.set(stage, progress);
        let [done, total] = [0, 0];
        for (const part of reported) {
          const its = part.get(stage);
          done += its?.done ?? 0;
          total += its?.total ?? 0;
        }
        onProgress({ stage, done, total });
      }),
  }));
}
