import { analyse } from 'chardet';

/** As many bytes tell an encoding. */
const sampleBytes = 64 * 1024;

/**
 * Text in the encoding that its first bytes, its own declaration or, without them, its letters tell. Lines end with
 * `\n`. Undefined for what is no text.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding = markedEncoding(bytes) ?? wideEncoding(bytes);
  const text = encoding === undefined ? decodeUnmarked(bytes) : decode(bytes, encoding);
  return text?.replace(/\r\n?/g, '\n');
}

function decodeUnmarked(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  const sample = bytes.subarray(0, sampleBytes);
  const declared = declaredEncoding(sample);
  // Texts in it are UTF-8 as well, which knows nothing of its escapes.
  if (declared !== undefined && /^iso-2022/i.test(declared)) {
    return decode(bytes, declared);
  }
  const text = decodeStrictly(bytes);
  if (text !== undefined) return isControlled(sample) ? undefined : text;
  if (isControlled(sample)) return undefined;
  return (declared && decode(bytes, declared)) || decode(bytes, detectedEncoding(sample));
}

function markedEncoding([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** Of UTF-16 without a mark, every other byte is zero mostly, and no other one. */
function wideEncoding(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, 2048);
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i & 1] = (zeros[i & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const enough = Math.max(2, sample.length * 0.2);
  if (even === 0 && odd >= enough) return 'utf-16le';
  return odd === 0 && even >= enough ? 'utf-16be' : undefined;
}

/** `<meta charset>`, `<?xml encoding>`, `@charset` and the comment of Python and editors. */
function declaredEncoding(sample: Uint8Array): string | undefined {
  const start = Buffer.from(sample.subarray(0, 2048)).toString('latin1');
  return /(?:charset|coding)\s{0,5}[=:]?\s{0,5}["']?([\w.:-]{3,30})/i.exec(start)?.[1];
}

function detectedEncoding(sample: Uint8Array): string {
  const [best] = analyse(sample);
  return best && best.confidence >= 10 ? best.name : 'windows-1252';
}

/** Undefined for an encoding that is not known. */
function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** More controls than a text has: tabs, line ends, pages and colours aside. */
function isControlled(sample: Uint8Array): boolean {
  let controls = 0;
  for (const byte of sample) {
    if (byte < 32 && (byte < 7 || byte > 13) && byte !== 27) controls++;
  }
  return controls > sample.length / 20;
}
