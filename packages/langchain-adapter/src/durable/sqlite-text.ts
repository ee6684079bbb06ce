/** Halves of pairs, and what ends strings elsewhere. */
const unkept = /[\p{Cs}\0]/u;

/**
 * Text as SQLite keeps it: UTF-8, which has no halves of surrogate pairs, as splitters leave them. Such text is kept
 * as the bytes of its UTF-16.
 */
export function toSqlText(text: string): string | Uint8Array {
  if (!unkept.test(text)) return text;
  const units = Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return new Uint8Array(units.buffer);
}

export function fromSqlText(value: string | Uint8Array): string {
  if (typeof value === 'string') return value;
  const units = new Uint16Array(value.slice().buffer);
  let text = '';
  for (const unit of units) text += String.fromCharCode(unit);
  return text;
}
