import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TaskQueue } from './task-queue.ts';

it('runs tasks one after another, whatever becomes of them', async () => {
  const queue = new TaskQueue();
  const events: string[] = [];
  const task = (name: string, fails: boolean) => async () => {
    events.push(`${name} begins`);
    await sleep(2);
    events.push(`${name} ends`);
    if (fails) throw new Error(name);
    return name;
  };
  const results = await Promise.allSettled([
    queue.run(task('a', false)),
    queue.run(task('b', true)),
    queue.run(() => 'c'),
    queue.run(task('d', false)),
  ]);
  expect(
    results.map((result) => ('value' in result ? result.value : String(result.reason))),
  ).toEqual(['a', 'Error: b', 'c', 'd']);
  expect(events).toEqual(['a', 'b', 'd'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

it('an abort ends the waiting of a task at once, and it never begins', async () => {
  const queue = new TaskQueue();
  let finish = (): void => {};
  const first = queue.run(() => new Promise<void>((resolve) => (finish = resolve)));
  const controller = new AbortController();
  let begun = 0;
  const second = queue.run(() => begun++, controller.signal);
  const third = queue.run(() => 'third');
  controller.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  await expect(queue.run(() => begun++, controller.signal)).rejects.toThrow('enough');
  finish();
  await first;
  expect([await third, begun]).toEqual(['third', 0]);
});

it('a task that has begun says itself what an abort has done', async () => {
  const queue = new TaskQueue();
  const controller = new AbortController();
  const task = queue.run(async () => {
    controller.abort(new Error('too late'));
    await sleep(2);
    return 'done';
  }, controller.signal);
  expect(await task).toBe('done');
});
