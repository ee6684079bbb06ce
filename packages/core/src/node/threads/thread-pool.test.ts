import { describe, expect, it } from 'vitest';
import { ThreadPool } from './thread-pool.ts';
import type { TaskInput } from './thread-tasks.ts';

const long: TaskInput<'link'> = {
  bytesPerCode: 8,
  M: 8,
  efConstruction: 64,
  rows: 200_000,
  codes: new Uint8Array(new SharedArrayBuffer(1_600_000)).map((_, i) => (i * 7919) >> 3),
};
const small = { ...long, rows: 500 };
const code = 'no'; // Nothing that could run.

describe('a pool of threads', () => {
  it('does more tasks than it has threads, and says which thread does one', async () => {
    const pool = new ThreadPool({ workers: 2 });
    const places: number[] = [];
    const outputs = await Promise.all(
      Array.from({ length: 9 }, () =>
        pool.run('link', (place) => {
          places.push(place);
          return small;
        }),
      ),
    );
    for (const output of outputs) expect(output).toEqual(outputs[0]);
    expect(places.length).toBe(9);
    expect(new Set(places)).toEqual(new Set([0, 1]));
    await pool.close();
  });

  it('does not keep an aborted task waiting, under way or in the queue', async () => {
    const pool = new ThreadPool({ workers: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error('enough');
    const tasks = [pool.run('link', long, { signal }), pool.run('link', long, { signal })];
    const last = pool.run('link', small);
    setTimeout(() => controller.abort(reason), 100);
    await Promise.all(tasks.map((task) => expect(task).rejects.toBe(reason)));
    await expect(pool.run('link', small, { signal })).rejects.toBe(reason);
    expect((await last).links.length).toBe(8000);
    await pool.close();
  });

  it('rejects what a thread cannot do that cannot be started, task by task', async () => {
    const pool = new ThreadPool({ workers: 2, code });
    const tasks = Array.from({ length: 5 }, () => pool.run('link', small));
    await Promise.all(
      tasks.map((task) => expect(task).rejects.toMatchObject({ code: 'thread-failed' })),
    );
    await pool.close();
  });

  it('starts another thread where one has ended', async () => {
    // A thread that ends with every second task.
    const pool = new ThreadPool({
      workers: 1,
      code: `
        let tasks = 0;
        const { parentPort } = require('node:worker_threads');
        parentPort.on('message', ({ id }) => {
          if (++tasks === 2) process.exit(1);
          parentPort.postMessage({ id, output: 'done' });
        });
      `,
    });
    const outputs: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      outputs.push(await pool.run('link', small).catch(({ code }: { code: string }) => code));
    }
    expect(outputs).toEqual(['done', 'thread-failed', 'done', 'thread-failed']);
    await pool.close();
  });

  it('is closed once, and refuses what comes after', async () => {
    const pool = new ThreadPool({ workers: 1 });
    const tasks = [pool.run('link', long), pool.run('link', long)];
    const closing = Promise.all([pool.close(), pool.close()]);
    await Promise.all(
      tasks.map((task) => expect(task).rejects.toMatchObject({ code: 'not-supported' })),
    );
    await closing;
    await pool.close();
    await expect(pool.run('link', small)).rejects.toMatchObject({ code: 'not-supported' });
  });

  it.each([0, -1, 1.5, 256, 1e9, NaN, Infinity, '2', null])('refuses %s threads', (workers) => {
    expect(() => new ThreadPool({ workers: workers as number })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });
});
