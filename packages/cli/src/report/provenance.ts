/** How a report came about. */
export interface Provenance {
  readonly written: Date;
  /** Of bitryoshka. */
  readonly version: string;
  /** Writes the same report again, with every option told. */
  readonly command: string;
}

/** A command as a shell takes it; arrays are lists with commas. */
export function describeCommand(
  words: readonly string[],
  options: Readonly<Record<string, string | number | readonly (string | number)[]>>,
): string {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return [...words, ...flags].map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
