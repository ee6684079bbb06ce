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
