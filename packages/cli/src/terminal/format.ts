export function countOf(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

/** `912 bytes`, `12 kB`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return countOf(bytes, 'byte');
  const [unit, size] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  const value = bytes / size;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** `3 minutes ago`. */
export function formatAge(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  const [unit, size] = units.find(([, each]) => seconds >= each) ?? ['second', 1];
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
  return seconds < 1 ? 'just now' : format.format(-Math.floor(seconds / size), unit);
}

/** `9 s`, `4 min`, `2 h`: as exact as a guess is. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
