import { expect, it } from 'vitest';
import { parseJson } from './parse-json.ts';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

it('gives what JSON.parse gives', () => {
  for (const text of ['1', 'null', '"x"', '{"a":[1,{"b":null}]}', nested(100)]) {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  }
  expect(parseJson(`[${'1,'.repeat(10_000)}1]`)).toHaveLength(10_001);
});

it('refuses what is nested too deep, and what is no JSON', () => {
  for (const text of ['', '{', nested(103), nested(10_000), `{"a":${nested(200)}}`]) {
    expect(() => parseJson(text), text.slice(0, 20)).toThrow(SyntaxError);
  }
  expect(() => parseJson(nested(50), 20)).toThrow(SyntaxError);
  expect(parseJson(nested(50), 60)).toHaveLength(1);
});
