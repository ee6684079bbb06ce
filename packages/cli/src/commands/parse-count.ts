import { InvalidArgumentError } from 'commander';

/** What reads an option that is a whole number from `minimum` up. */
export function parseCount(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`"${text}" is no whole number from ${minimum} up.`);
    }
    return value;
  };
}

/** The same for a list of them, comma-separated. */
export function parseCounts(minimum: number): (list: string) => number[] {
  return (list) => list.split(',').map(parseCount(minimum));
}
