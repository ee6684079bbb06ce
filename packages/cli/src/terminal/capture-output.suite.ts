import { once } from 'node:events';
import { afterEach, beforeEach, vi } from 'vitest';

/** What the command under test has written since the test began. */
export interface CapturedOutput {
  /** What went to standard output. */
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
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output.printed += String(text);
      return true;
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

/** What a process writes, as it comes. */
export interface CollectedText {
  text: string;
  /** Waits until this was written. */
  includes(part: string): Promise<void>;
}

export function collectText(stream: NodeJS.ReadableStream): CollectedText {
  const collected: CollectedText = {
    text: '',
    includes: async (part) => {
      while (!collected.text.includes(part)) await once(stream, 'data');
    },
  };
  stream.on('data', (data) => {
    collected.text += String(data);
  });
  return collected;
}
