import { expect, it, vi } from 'vitest';
import { SharedTask } from './shared-task.ts';

const reason = new Error('gone');

it('is begun once, for all who wait and for all who come later', async () => {
  const begin = vi.fn(async () => ({}));
  const task = new SharedTask(begin);
  const [one, other] = await Promise.all([task.result(), task.result()]);
  expect(one).toBe(other);
  expect(await task.result()).toBe(one);
  expect(begin).toHaveBeenCalledOnce();
});

it('is begun again by who comes later, where it is not to be kept', async () => {
  const begin = vi.fn(async () => ({}));
  const task = new SharedTask(begin, { isKept: false });
  const [one, other] = await Promise.all([task.result(), task.result()]);
  expect(one).toBe(other);
  expect(await task.result()).not.toBe(one);
  expect(begin).toHaveBeenCalledTimes(2);
});

it('goes on while one of them waits, and is aborted when the last one has gone', async () => {
  let seen: AbortSignal | undefined;
  const task = new SharedTask((signal) => {
    seen = signal;
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [task.result(first.signal), task.result(second.signal)];
  first.abort(reason);
  await expect(waiting[0]).rejects.toBe(reason);
  expect(seen?.aborted).toBe(false);
  second.abort(reason);
  await expect(waiting[1]).rejects.toBe(reason);
  expect(seen?.aborted).toBe(true);
});

it('begins again after it was aborted, and after it has failed', async () => {
  const begin = vi
    .fn<(signal: AbortSignal) => Promise<number>>()
    .mockImplementationOnce(() => new Promise(() => {}))
    .mockRejectedValueOnce(reason)
    .mockResolvedValueOnce(7);
  const task = new SharedTask(begin);
  const controller = new AbortController();
  const waiting = task.result(controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(task.result()).rejects.toBe(reason);
  expect(await task.result()).toBe(7);
});

it('counts those who wait for each time by itself', async () => {
  const signals: AbortSignal[] = [];
  const begin = vi
    .fn<(signal: AbortSignal) => Promise<number>>()
    .mockRejectedValueOnce(reason)
    .mockImplementationOnce((signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
  const task = new SharedTask(begin);
  const controller = new AbortController();
  const failed = task.result();
  await new Promise<void>((resolve) => {
    // Before the one who waited hears of it.
    void failed.catch(() => {});
    void Promise.resolve().then(() => resolve());
  });
  const waiting = task.result(controller.signal);
  await expect(failed).rejects.toBe(reason);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

it('is not begun for somebody who has gone already', async () => {
  const begin = vi.fn(async () => 7);
  await expect(new SharedTask(begin).result(AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(begin).not.toHaveBeenCalled();
});
