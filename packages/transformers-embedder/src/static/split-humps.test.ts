import { expect, test } from 'vitest';
import { splitHumps } from './split-humps.ts';

test.each([
  ['camelCase', 'camel Case'],
  ['the parseHTMLNode function', 'the parse HTML Node function'],
  ['HTTPServer', 'HTTP Server'],
  ['getUserById(userId)', 'get User By Id(user Id)'],
  ['JSON and README', 'JSON and README'],
  ['snake_case --no-flag', 'snake_case --no-flag'],
  ['iPhone12Pro', 'i Phone12Pro'],
  ['A Sentence. Another', 'A Sentence. Another'],
  ['', ''],
])('%j becomes %j', (text, expected) => {
  expect(splitHumps(text, () => false)).toBe(expected);
});

test('a word with a row of its own stays whole', () => {
  const asked: string[] = [];
  const split = splitHumps('JavaScript and typeScript', (word) => {
    asked.push(word);
    return word === 'javascript';
  });
  expect(split).toBe('JavaScript and type Script');
  expect(asked).toEqual(['javascript', 'typescript']);
});
