import { expect, it } from 'vitest';
import { stripControls, stripToLine, toPrintableJson } from './strip-controls.ts';

it('takes out what steers a terminal, and nothing else', () => {
  const csi = String.fromCharCode(0x9b);
  expect(stripControls('a\u001b[31mred\u001b[0m\u001b]0;title\u0007 b')).toBe('ared b');
  expect(stripControls(`a${csi}2Jb\u0000\u0008\u007f\u0085c`)).toBe('abc');
  expect(stripControls('a\u202eb\u2066c\u200fd\u2028e')).toBe('abcde');
  expect(stripControls('\u001b\u001b[31m[31m')).not.toMatch('\u001b');
  expect(stripControls('tab\tline\nümlaut 日本 👩‍🚀')).toBe('tab\tline\nümlaut 日本 👩‍🚀');
});

it('makes one line of a name', () => {
  expect(stripToLine(' a\nb\r\u001b[1m\tc ')).toBe('a b c');
});

it('escapes in JSON, so that names are what they are', () => {
  const value = { source: `a\u001b[31m\u009b\u202e\u007f\nü` };
  const json = toPrintableJson(value);
  expect(stripControls(json)).toBe(json);
  expect(JSON.parse(json)).toEqual(value);
});
