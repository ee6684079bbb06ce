/** Begins texts that are kept with escapes. */
const mark = '\u0001';
/** What PostgreSQL has no room for, lone surrogates and U+0000, and what escapes begin with. */
const escaped = /[\\\p{Cs}\0]/gu;
/** These, and a first U+FEFF, which decoders of UTF-8 take off, as that of PGlite does. */
const unkept = /^\ufeff|[\p{Cs}\0]/u;

/**
 * Text as PostgreSQL keeps it: UTF-8 without U+0000, which has no lone surrogates, as splitters leave them. Other text
 * is kept with a leading U+0001 and escapes. Different texts stay different.
 */
export function toPgText(text: string): string {
  if (!text.startsWith(mark) && !unkept.test(text)) return text;
  const toEscape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return mark + text.replace(escaped, toEscape);
}

/** The text that `toPgText` was given. */
export function fromPgText(kept: string): string {
  if (!kept.startsWith(mark)) return kept;
  return kept
    .slice(mark.length)
    .replace(/\\u([\da-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
