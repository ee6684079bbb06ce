import { expect, test } from 'vitest';
import { unlessAborted } from './unless-aborted.ts';

const never = new Promise<number>(() => {});
const reason = new Error('enough');

test('gives what the task gives, or throws what it throws', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(7), undefined)).toBe(7);
  expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
  await expect(unlessAborted(Promise.reject(reason), signal)).rejects.toBe(reason);
});

test('an abort, before or later, is not kept waiting', async () => {
  await expect(unlessAborted(never, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const waiting = unlessAborted(never, controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
