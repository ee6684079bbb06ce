import { afterEach, beforeEach, vi } from 'vitest';

/** What the command under test has written since the test began. */
export interface CapturedOutput {
  /** Lines on standard output. */
  printed: string;
  /** What went to standard error. */
  complained: string;
}

/** For tests: takes the output of the command line before each, and restores it and the exit code after. */
export function captureOutput(): CapturedOutput {
  const output: CapturedOutput = { printed: '', complained: '' };
  beforeEach(() => {
    output.printed = '';
    output.complained = '';
    vi.spyOn(console, 'log').mockImplementation((line: string) => {
      output.printed += `${line}\n`;
    });
    vi.spyOn(console, 'error').mockImplementation((line: unknown) => {
      output.complained += `${String(line)}\n`;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      output.complained += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  return output;
}
