import { describe, expect, it } from 'vitest';
import { Thread } from './thread.ts';
import type { TaskInput } from './thread-tasks.ts';

const link: TaskInput<'link'> = {
  bytesPerCode: 8,
  M: 8,
  efConstruction: 64,
  rows: 100_000,
  codes: new Uint8Array(new SharedArrayBuffer(800_000)).map((_, i) => (i * 7919) >> 3),
};
const small = { ...link, rows: 1000 };
/** Stays until it is told to do anything. */
const ending = (how: string) =>
  `require('node:worker_threads').parentPort.on('message', () => { ${how} })`;

describe('a thread', () => {
  it('does what it is told, and says how far it is', async () => {
    const thread = new Thread();
    const done: number[] = [];
    const onProgress = (progress: { done: number }) => done.push(progress.done);
    const [one, two] = await Promise.all([
      thread.run('link', small, { onProgress }),
      thread.run('link', small),
    ]);
    expect(one.links.length).toBe(16_000);
    expect(two).toEqual(one);
    expect(done).toEqual([0, 256, 512, 768, 1000]);
    expect(thread.isIdle).toBe(true);
    await thread.close();
  });

  it('gives up what is aborted, and goes on with the next', async () => {
    const thread = new Thread();
    const controller = new AbortController();
    const reason = new Error('enough');
    const { signal } = controller;
    const onProgress = () => controller.abort(reason);
    await expect(thread.run('link', link, { signal, onProgress })).rejects.toBe(reason);
    await expect(thread.run('link', link, { signal })).rejects.toBe(reason);
    expect(thread.isIdle).toBe(false);
    const next = await thread.run('link', small);
    expect(next.links.length).toBe(16_000);
    expect(thread.isIdle).toBe(true);
    await thread.close();
  });

  it('rejects with what a callback throws', async () => {
    const thread = new Thread();
    const reason = new Error('no room on the screen');
    const onProgress = () => {
      throw reason;
    };
    await expect(thread.run('link', small, { onProgress })).rejects.toBe(reason);
    await thread.close();
  });

  it('passes errors on with code, remedy and cause', async () => {
    const thread = new Thread();
    const sample = { rows: 1, columns: 2, data: new Float32Array(2) };
    const fit = { kind: 'sign', bits: 3, sample, queries: undefined, learned: undefined } as const;
    await expect(thread.run('fitQuantizer', fit)).rejects.toMatchObject({
      name: 'BitryoshkaError',
      code: 'invalid-option',
      message: expect.stringMatching(/^got 3 output dimensions, expected .*\. Ask for .*\.$/),
      remedy: expect.stringMatching(/./),
    });
    const outOfBounds = { ...small, codes: undefined as unknown as Uint8Array };
    await expect(thread.run('link', outOfBounds)).rejects.toThrow(/undefined/);
    await thread.close();
  });

  it('refuses what cannot be sent', async () => {
    const thread = new Thread();
    const rows = (() => 5) as unknown as number;
    await expect(thread.run('link', { ...small, rows })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    expect(thread.isIdle).toBe(true);
    await thread.close();
  });

  it('takes over the memory that it is given', async () => {
    const thread = new Thread();
    const codes = new Uint8Array(8000);
    await thread.run('link', { ...small, codes }, {}, [codes.buffer]);
    expect(codes.length).toBe(0);
    await thread.close();
  });

  it.each([
    ['that does not compile', '){'],
    ['that throws at first', 'throw new Error("no")'],
    ['that throws later', ending('throw new Error("no")')],
    ['that throws what is no error', ending('throw "no"')],
    ['that exits', ending('process.exit(3)')],
    ['that exits as if all were well', ending('process.exit(0)')],
  ])('%s rejects what is waited for, and what comes later', async (_, code) => {
    let changes = 0;
    const thread = new Thread({ code, onChange: () => changes++ });
    const tasks = [thread.run('link', small), thread.run('link', small)];
    await Promise.all(
      tasks.map((task) => expect(task).rejects.toMatchObject({ code: 'thread-failed' })),
    );
    expect(thread.hasEnded).toBe(true);
    expect(changes).toBe(1);
    await expect(thread.run('link', small)).rejects.toMatchObject({ code: 'thread-failed' });
    await thread.close();
  });

  it('names the cause', async () => {
    const thread = new Thread({ code: 'throw new Error("no such thing")' });
    await expect(thread.run('link', small)).rejects.toMatchObject({
      message: expect.stringContaining('no such thing'),
      cause: expect.objectContaining({ message: 'no such thing' }),
    });
  });

  it('is closed once, whatever it is doing', async () => {
    const thread = new Thread();
    const task = thread.run('link', link);
    const closing = Promise.all([thread.close(), thread.close()]);
    await expect(task).rejects.toMatchObject({ code: 'not-supported' });
    await closing;
    await thread.close();
    await expect(thread.run('link', small)).rejects.toMatchObject({ code: 'not-supported' });
  });
});
