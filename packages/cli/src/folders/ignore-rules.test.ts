import fc from 'fast-check';
import ignore from 'ignore';
import { describe, expect, it } from 'vitest';
import { IgnoreRules } from './ignore-rules.ts';

describe('IgnoreRules', () => {
  it.each([
    ['*.log', 'a/b.log', true],
    ['*.log', 'b.log.txt', undefined],
    ['/a.md', 'a.md', true],
    ['/a.md', 'b/a.md', undefined],
    ['docs/*.md', 'docs/a.md', true],
    ['docs/*.md', 'docs/x/a.md', undefined],
    ['docs/**/a.md', 'docs/a.md', true],
    ['docs/**/a.md', 'docs/x/y/a.md', true],
    ['**/a.md', 'x/y/a.md', true],
    ['docs/**', 'docs/a.md', true],
    ['docs/**', 'docs', undefined],
    ['*\n!a.md', 'a.md', false],
    ['!a.md\n*', 'a.md', true],
    ['# note', '# note', undefined],
    ['\\# note', '# note', true],
    ['\\!a', '!a', true],
    ['a.md   ', 'a.md', true],
    ['[a-c]?.md', 'bx.md', true],
    ['[!a-c].md', 'b.md', undefined],
    ['[]x].md', '].md', true],
    ['[[:digit:]].md', '7.md', true],
    ['[a', '[a', undefined],
    ['', 'a.md', undefined],
    ['/', 'a.md', undefined],
  ])('%j ignores %j: %j', (rules, path, expected) => {
    expect(new IgnoreRules(rules).test(path, false)).toBe(expected);
  });

  it('knows rules for folders only', () => {
    const rules = new IgnoreRules('build/');
    expect(rules.test('x/build', true)).toBe(true);
    expect(rules.test('x/build', false)).toBeUndefined();
  });

  it('says what the library for such files says', () => {
    const segment = fc
      .array(fc.constantFrom('a', 'b', '*', '?', '.', '[ab]', '[!a]'), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => parts.join('').replace(/\*+/g, '*'))
      .filter((text) => /[ab*?]/.test(text));
    const pattern = fc
      .tuple(
        fc.constantFrom('', '!', '/'),
        fc.array(fc.oneof(segment, fc.constant('**')), { minLength: 1, maxLength: 4 }),
      )
      .map(([mark, segments]) => mark + segments.join('/'));
    const path = fc
      .array(fc.stringMatching(/^[ab.]{0,4}[ab]$/), { minLength: 1, maxLength: 4 })
      .map((segments) => segments.join('/'));
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 4 }), path, (patterns, tried) => {
        const theirs = ignore().add(patterns.join('\n')).checkIgnore(tried);
        const rules = new IgnoreRules(patterns.join('\n'));
        // As a walk does: what is in an ignored folder is never asked for.
        const segments = tried.split('/');
        const ours = segments.some((_, i) => {
          const isLast = i === segments.length - 1;
          return rules.test(segments.slice(0, i + 1).join('/'), !isLast) === true;
        });
        expect(ours).toBe(theirs.ignored);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no longer for patterns that others go back in', () => {
    const rules = new IgnoreRules(`${'*a'.repeat(40)}b\n${'**/a/'.repeat(40)}b`);
    const began = process.cpuUsage();
    expect(rules.test(`${'a'.repeat(250)}`, false)).toBeUndefined();
    expect(rules.test('a/'.repeat(1000).slice(0, -1), false)).toBeUndefined();
    expect(process.cpuUsage(began).user).toBeLessThan(200_000);
    expect(rules.isGivenUp).toBe(false);
  });

  it('gives up on rules that take long nevertheless', () => {
    const many = Array.from({ length: 15_000 }, (_, i) => `${'*a'.repeat(20)}${i}`);
    const rules = new IgnoreRules(['*.md', ...many].join('\n'));
    expect(rules.test(`${'a'.repeat(250)}.md`, false)).toBeUndefined();
    expect(rules.isGivenUp).toBe(true);
  });
});
