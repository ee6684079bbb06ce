import { expect, it } from 'vitest';
import { contextOf } from './passage-lines.ts';

const file = ['# Bees', '', 'Feed the bees', 'in winter.', '', '- twice', '- or more', ''].join(
  '\n',
);

it('gives the lines around, as many as there are', () => {
  expect(contextOf(file, { from: 3, to: 4 }, 2)).toEqual({
    before: '# Bees\n',
    lines: 'Feed the bees\nin winter.',
    after: '\n- twice',
  });
  expect(contextOf('one\ntwo', { from: 1, to: 1 }, 9)).toEqual({
    before: '',
    lines: 'one',
    after: 'two',
  });
  expect(contextOf(`one\n${'x'.repeat(5000)}`, { from: 1, to: 1 }, 1).after).toHaveLength(2000);
});
