import { inspect } from 'node:util';
import { stripControls, toPrintableJson } from './strip-controls.ts';

/** Writes lines to standard output; what files and names bring along cannot steer the terminal. */
export function print(lines: string): void {
  console.log(stripControls(lines));
}

/** The same to standard error. */
export function complain(lines: unknown): void {
  console.error(stripControls(typeof lines === 'string' ? lines : inspect(lines)));
}

/** One value as JSON, on standard output. */
export function printJson(value: unknown): void {
  console.log(toPrintableJson(value));
}
