import { stripVTControlCharacters } from 'node:util';

/** Controls but for line ends and tabs, separators that terminals take for line ends, and marks that turn text around. */
const unprintable = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text without what moves the cursor, changes colours or turns the direction of a terminal. */
export function stripControls(text: string): string {
  // A sequence goes as a whole first, or its letters would stay.
  return stripVTControlCharacters(text).replace(unprintable, '');
}

/** The same for names, which stand in a line of their own. */
export function stripToLine(text: string): string {
  return stripControls(text.replace(/\s+/g, ' ')).replace(/ +/g, ' ').trim();
}

/** JSON in which what `stripControls` removes is escaped: a name stays the one that a file can be opened by. */
export function toPrintableJson(value: unknown): string {
  const json = JSON.stringify(value, undefined, 2);
  return json.replace(unprintable, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
