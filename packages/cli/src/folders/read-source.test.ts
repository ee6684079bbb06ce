import { describe, expect, it } from 'vitest';
import { packPassages } from './pack-passages.ts';
import { readSource } from './read-source.ts';
import type { SourceLanguage } from './text-kind.ts';

const outline = (code: string, language: SourceLanguage) =>
  packPassages(readSource(code, language)).map(
    ({ headings, line, endLine }) => `${headings.join('.')} ${line}-${endLine}`,
  );

describe('readSource', () => {
  it('knows the functions, classes and methods of JavaScript and TypeScript', () => {
    const code = `import { a } from 'a';

/** Adds numbers. */
export async function add(a: number, b: number): Promise<number> {
  function inner() {
    return a;
  }
  return inner() + b;
}

@decorated
export class Account extends Base {
  balance = 0;

  // What is paid in.
  deposit(amount: number): void {
    if (amount > 0) {
      this.balance += amount;
    }
  }
  private static readonly limit = 3;
}

const later = async (value) => {
  return value;
};

describe('a call', () => {
  run();
});
export interface Shape {
  area: number;
}
`;
    expect(outline(code, 'js')).toEqual([
      ' 1-1',
      'add 3-9',
      'Account 11-13',
      'Account.deposit 15-20',
      'Account 21-22',
      'later 24-26',
      ' 28-30',
      'Shape 31-33',
    ]);
  });

  it('knows those of Python, with decorators and comments', () => {
    const code = `import os

LIMIT = 3

# Adds.
@cached
def add(
    a, b
):
    def inner():
        return a
    return inner()

class Account:
    """An account."""

    async def deposit(self, amount):
        return amount

    @property
    def balance(self):
        return 1

print(add(1, 2))
`;
    expect(outline(code, 'python')).toEqual([
      ' 1-3',
      'add 5-12',
      'Account 14-15',
      'Account.deposit 17-18',
      'Account.balance 20-22',
      ' 24-24',
    ]);
  });

  it.each<[SourceLanguage, string, string[]]>([
    [
      'go',
      'package a\n\nfunc (s *Server) Run(x int) error {\n\treturn nil\n}\n',
      [' 1-1', 'Run 3-5'],
    ],
    [
      'rust',
      '/// Doc.\npub fn parse(s: &str) {\n}\nimpl Display for Point {\n    fn fmt(&self) {\n    }\n}\n',
      ['parse 1-3', 'Point 4-4', 'Point.fmt 5-7'],
    ],
    [
      'java',
      'public class Shop {\n    public int price(String name) {\n        return 1;\n    }\n}\n',
      ['Shop 1-1', 'Shop.price 2-5'],
    ],
    [
      'cpp',
      '#include <a>\n\nstatic int count_words(const char *text)\n{\n    return 1;\n}\n',
      [' 1-1', 'count_words 3-6'],
    ],
    ['ruby', 'class Shop\n  def price?\n    one\n  end\nend\n', ['Shop 1-1', 'Shop.price? 2-5']],
    ['shell', 'set -e\n\ndeploy() {\n  echo run\n}\n', [' 1-1', 'deploy 3-5']],
    ['sql', 'CREATE TABLE IF NOT EXISTS users (\n  id int\n);\n', ['users 1-3']],
  ])('knows those of %s', (language, code, expected) => {
    expect(outline(code, language)).toEqual(expected);
  });

  it('keeps examples in comments whole, or closes their fences', () => {
    const example = Array.from(
      { length: 40 },
      (_, i) => ` * const value${i} = make(${i}, 'something');`,
    );
    const code = [
      '/**',
      ' * Does it.',
      ' * ```js',
      ...example,
      ' * ```',
      ' */',
      'function run() {',
      '  go();',
      '}',
    ];
    const passages = packPassages(readSource(code.join('\n'), 'js'));
    expect(passages.length).toBeGreaterThan(1);
    for (const { text, headings } of passages) {
      expect(headings).toEqual(['run']);
      expect((text.match(/```/g) ?? []).length % 2).toBe(0);
    }
  });

  it.each<[SourceLanguage, string]>([
    ['cpp', `${'a'.repeat(299)}\n`.repeat(5000)],
    ['cpp', `${'a '.repeat(140)}\n`.repeat(5000)],
    ['js', `${'async '.repeat(40)}\n`.repeat(5000)],
    ['rust', `${'impl<'.repeat(50)}\n`.repeat(5000)],
    ['python', Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}class a${i}:`).join('\n')],
  ])('takes time that grows with the length alone: %s %#', (language, code) => {
    const began = process.cpuUsage();
    readSource(code, language);
    expect(process.cpuUsage(began).user).toBeLessThan(3_000_000);
  });
});
