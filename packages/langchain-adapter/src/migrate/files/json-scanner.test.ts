import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JsonScanner } from './json-scanner.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

it('gives the items that JSON.parse gives, however they are laid out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.integer({ min: 0, max: 3 }),
      (list, object, indent) => {
        const text = JSON.stringify([list, object], undefined, indent);
        const scanner = new JsonScanner(bytes(text), 'text');
        scanner.expect('[');
        const items = [...scanner.items('list')];
        scanner.expect(',');
        const members = [...scanner.items('object')];
        scanner.expect(']');
        const [expectedItems, expectedObject] = JSON.parse(text);
        expect(items).toEqual(expectedItems);
        expect(members.map((member) => Object.entries(member as object)[0])).toEqual(
          Object.entries(expectedObject),
        );
      },
    ),
  );
});

it('refuses texts that are cut off, wherever', () => {
  const text = bytes('[{"a":["b\\"]","\\\\"]}, "c", 3]');
  for (let length = 0; length < text.length; length++) {
    expect(() => [...new JsonScanner(text.subarray(0, length), 'x').items('list')]).toThrow(
      expect.objectContaining({ code: 'invalid-file' }),
    );
  }
  expect([...new JsonScanner(text, 'x').items('list')]).toHaveLength(3);
});

it('refuses bytes that are no UTF-8', () => {
  const text = Uint8Array.from([...bytes('["'), 0xff, ...bytes('"]')]);
  expect(() => [...new JsonScanner(text, 'x').items('list')]).toThrow(/expected UTF-8/);
});
