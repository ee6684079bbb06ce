import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { captureOutput } from './capture-output.suite.ts';
import { ProgressBar } from './progress-bar.ts';

const output = captureOutput();
const stderr = process.stderr as { isTTY: boolean; columns: number };
const { isTTY, columns } = stderr;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  Object.assign(stderr, { isTTY, columns });
});

it('shows on a terminal how fast it goes and how long it takes still, and then nothing', () => {
  Object.assign(stderr, { isTTY: true, columns: 100 });
  const bar = new ProgressBar();
  bar.update({ stage: 'embed', done: 0, total: 5000 });
  vi.advanceTimersByTime(2000);
  bar.update({ stage: 'embed', done: 1250, total: 5000 });
  expect(output.complained).toMatch(/embed +█+░+ 1,250 of 5,000, 625\/s, 6 s left/);
  expect(process.listenerCount('SIGINT')).toBe(1);
  bar.stop();
  expect(process.listenerCount('SIGINT')).toBe(0);
  expect(output.complained.lastIndexOf('\u001b[?25h')).toBeGreaterThan(
    output.complained.lastIndexOf('\u001b[?25l'),
  );
});

it('shows nothing elsewhere', () => {
  Object.assign(stderr, { isTTY: false });
  const bar = new ProgressBar();
  bar.update({ stage: 'embed', done: 0, total: 2 });
  vi.advanceTimersByTime(2000);
  bar.update({ stage: 'embed', done: 1, total: 2 });
  bar.stop();
  expect(output.complained).toBe('');
});
