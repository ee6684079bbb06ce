import { describe, expect, it } from 'vitest';
import type { Language } from './languages.ts';
import { createTokenizer } from './tokenize.ts';

const tokenize = createTokenizer();

describe('tokens', () => {
  it.each<[string, string, string[]]>([
    [
      'words, without case and punctuation',
      'The Cat, (a tabby!) "sleeps".',
      ['the', 'cat', 'a', 'tabby', 'sleeps'],
    ],
    [
      'accents, which writers leave out',
      'École naïve Łódź Straße İzmir',
      ['ecole', 'naive', 'lodz', 'strasse', 'izmir'],
    ],
    ['letters of one sound and two forms', 'ΣΟΦΟΣ σοφός', ['σοφοσ', 'σοφοσ']],
    ['letters in other widths', 'ＡＢＣ ﬁle', ['abc', 'file']],
    ['accents that are written apart', 'e\u0301cole', ['ecole']],
    ['vowel signs, which are letters of their words', 'हिन्दी', ['हिन्दी']],
    [
      'snake case, whole and in parts',
      'same_file_system',
      ['same_file_system', 'same', 'file', 'system'],
    ],
    [
      'an option, with its dashes as well',
      '--no-ignore-parent',
      ['--no-ignore-parent', 'no-ignore-parent', 'no', 'ignore', 'parent'],
    ],
    ['a short option', 'tar -x', ['tar', '-x', 'x']],
    ['a dash that is none', 'a - b -- c 3 -4', ['a', 'b', 'c', '3', '4']],
    ['camel case', 'readFileSync', ['readfilesync', 'read', 'file', 'sync']],
    [
      'capitals in a row',
      'XMLHttpRequest URLs',
      ['xmlhttprequest', 'xml', 'http', 'request', 'urls'],
    ],
    ['letters and digits', 'utf8 base64Encode', ['utf8', 'base64encode', 'base64', 'encode']],
    ['paths through objects', 'fs.readFile()', ['fs.readfile', 'fs', 'readfile', 'read', 'file']],
    ['versions', 'v1.2.3', ['v1.2.3', 'v1', '2', '3']],
    ['languages with signs', 'C++ and C#.', ['c++', 'c', 'and', 'c#', 'c']],
    ['what begins and ends with joints', '__init__ ...wait...', ['init', 'wait']],
    ['an apostrophe', "l'homme", ['l', 'homme']],
    ['Han in pairs', '全文検索', ['全文', '文検', '検索']],
    [
      'a piece for each script',
      '日本語のテスト2024年',
      ['日本', '本語', 'の', 'テス', 'スト', '2024', '年'],
    ],
    ['Hangul in pairs', '검색엔진', ['검색', '색엔', '엔진']],
    ['characters beyond the first plane', '𠮷野家', ['𠮷野', '野家']],
    ['nothing', ' \n-- ... 🙂', []],
  ])('of %s', (_, text, expected) => {
    expect(tokenize(text)).toEqual(expected);
  });

  it('are the same for a document and a query that writes an identifier otherwise', () => {
    const inDocument = new Set(tokenize('Set `sameFileSystem` to false.'));
    for (const query of ['same file system', 'same_file_system', 'SameFileSystem']) {
      expect(tokenize(query).filter((token) => inDocument.has(token)).length).toBeGreaterThan(2);
    }
  });

  it('leave out what nobody types', () => {
    expect(tokenize(`key ${'a1'.repeat(100)} ${'x_'.repeat(100)}y`)).not.toContainEqual(
      expect.stringMatching(/.{101}/),
    );
    expect(tokenize(`key ${'a1'.repeat(100)}`)).toEqual(['key']);
  });

  it('take time in proportion to the text', () => {
    const odd = ['-', '_', 'A', 'aB', 'a_', 'a.', '漢', 'é', '++'];
    const began = performance.now();
    for (const piece of odd) tokenize(piece.repeat(100_000));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('a language', () => {
  it.each<[Language, string, string[]]>([
    ['none', 'the dependencies', ['the', 'dependencies']],
    ['en', "They don't cache the dependencies", ['cach', 'depend']],
    ['de', 'die Häuser der Zeitungen', ['haus', 'zeitung']],
    ['fr', 'les chevaux dans la prairie', ['cheval', 'prair']],
    ['es', 'las canciones de los niños', ['cancion', 'nin']],
    ['it', 'la gestione delle eccezioni', ['gestion', 'eccezion']],
    ['pt', 'as configurações dos servidores', ['configuraco', 'servidor']],
    ['nl', 'de talen van het systeem', ['tal', 'system']],
  ])('%s takes stop words out and endings off', (language, text, expected) => {
    expect(createTokenizer(language)(text)).toEqual(expected);
  });

  it('leaves identifiers whole, and reduces their words', () => {
    expect(createTokenizer('en')('run_all_tests v8')).toEqual([
      'run_all_tests',
      'run',
      'test',
      'v8',
    ]);
  });

  it('is one that is known', () => {
    expect(() => createTokenizer('xx' as Language)).toThrow(/got "xx", expected one of en, de/);
    expect(() => createTokenizer('constructor' as Language)).toThrow(/expected one of/);
  });
});
