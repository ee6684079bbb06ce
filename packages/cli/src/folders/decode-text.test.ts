import { expect, it } from 'vitest';
import { decodeText } from './decode-text.ts';

const bytes = (text: string, encoding: BufferEncoding): Uint8Array => Buffer.from(text, encoding);

it.each<[string, Uint8Array, string]>([
  ['UTF-8', bytes('Straße', 'utf8'), 'Straße'],
  ['UTF-8 with a mark', bytes('\ufeffStraße', 'utf8'), 'Straße'],
  ['UTF-16LE with a mark', bytes('\ufeffThe keeper.', 'utf16le'), 'The keeper.'],
  [
    'UTF-16BE with a mark',
    Buffer.from(bytes('\ufeffThe keeper.', 'utf16le')).swap16(),
    'The keeper.',
  ],
  [
    'UTF-16LE without a mark',
    bytes('The keeper lives alone.', 'utf16le'),
    'The keeper lives alone.',
  ],
  [
    'windows-1252, declared',
    bytes('<meta charset=windows-1252><p>The caf\xe9.', 'latin1'),
    '<meta charset=windows-1252><p>The café.',
  ],
  [
    'Latin-1 in XML',
    bytes('<?xml version="1.0" encoding="ISO-8859-1"?><p>\xfc</p>', 'latin1'),
    '<?xml version="1.0" encoding="ISO-8859-1"?><p>ü</p>',
  ],
  [
    'KOI8-R, declared',
    Uint8Array.of(...bytes('# coding: koi8-r\n', 'latin1'), 0xf0, 0xd2, 0xc9),
    '# coding: koi8-r\nПри',
  ],
  [
    'Latin-1, detected',
    bytes('Die Stra\xdfe f\xfchrt zum Fluss.', 'latin1'),
    'Die Straße führt zum Fluss.',
  ],
  [
    'Shift_JIS, detected',
    Uint8Array.of(
      0x93,
      0xfa,
      0x96,
      0x7b,
      0x8c,
      0xea,
      0x82,
      0xcc,
      0x83,
      0x65,
      0x83,
      0x4c,
      0x83,
      0x58,
      0x83,
      0x67,
      0x82,
      0xc5,
      0x82,
      0xb7,
      0x81,
      0x42,
    ),
    '日本語のテキストです。',
  ],
  [
    'an encoding that nobody knows',
    bytes('<meta charset=klingon><p>caf\xe9 cr\xeape', 'latin1'),
    '<meta charset=klingon><p>café crêpe',
  ],
  ['line ends of all kinds', bytes('a\r\nb\rc\nd', 'utf8'), 'a\nb\nc\nd'],
])('decodes %s', (_, encoded, expected) => {
  expect(decodeText(encoded)).toBe(expected);
});

it('refuses what is no text', () => {
  expect(decodeText(Uint8Array.of(97, 0, 98))).toBeUndefined();
  expect(decodeText(Uint8Array.from({ length: 999 }, (_, i) => (i * 7) % 31))).toBeUndefined();
  expect(
    decodeText(Uint8Array.from({ length: 999 }, (_, i) => (i * 89 + 1) % 255 || 3)),
  ).toBeUndefined();
});
