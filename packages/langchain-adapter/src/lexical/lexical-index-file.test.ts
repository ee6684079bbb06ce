import { describe, expect, it } from 'vitest';
import { lexicalIndexSuite } from './lexical-index.suite.ts';
import { loadLexicalIndex, saveLexicalIndex } from './lexical-index-file.ts';
import { MemoryLexicalIndex } from './memory-lexical-index.ts';

const tokenize = (text: string) => text.split(' ').filter(Boolean);
const queries = ['common', 'n7 common', 'é漢', 'n3999', 'gone'];

async function save(index: MemoryLexicalIndex, tokenizer = 'mine'): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of saveLexicalIndex(index, tokenizer)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

const load = (file: Uint8Array, tokenizer = 'mine') =>
  loadLexicalIndex(file, { tokenizer, tokenize }, {});

function filled(rows: number): MemoryLexicalIndex {
  const index = new MemoryLexicalIndex(tokenize);
  for (let row = 0; row < rows; row++) {
    index.add(
      3 * row,
      row % 5 === 0 ? '' : `common n${row} ${row % 2 ? 'é漢' : 'common'} gone${row}`,
    );
  }
  index.commit();
  return index;
}

describe('a saved index of words', () => {
  it.each([0, 1, 2, 4000])('answers as before: %i rows', async (rows) => {
    const index = filled(rows);
    for (let row = 0; row < rows; row += 4) index.delete(3 * row);
    const again = await load(await save(index));
    for (const query of queries) {
      expect(again?.search(query, 50)).toEqual(index.search(query, 50));
    }
    expect(again?.postings).toBe(index.postings);
    again?.add(100_000, 'common new');
    again?.commit();
    again?.delete(3);
    expect(again?.search('new', 5).map(({ row }) => row)).toEqual([100_000]);
    expect(again?.search('n1', 5)).toEqual([]);
  });

  it('is the same wherever its bytes lie', async () => {
    const file = await save(filled(10));
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect((await load(shifted.subarray(1)))?.search('common', 9)).toEqual(
      filled(10).search('common', 9),
    );
  });

  it('is not read by what makes other tokens', async () => {
    expect(await load(await save(filled(3)), 'another')).toBeUndefined();
  });

  it('is refused where it is none or says too much', async () => {
    const file = await save(filled(10));
    await expect(load(file.subarray(0, 200))).rejects.toMatchObject({ code: 'truncated-file' });
    for (const [from, to] of [
      ['"lexical-index"', '"lexical-other"'],
      ['"rows"', '"rovs"'],
    ] as const) {
      const other = Buffer.from(file.toString('latin1').replace(from, to), 'latin1');
      await expect(load(other)).rejects.toMatchObject({ code: 'invalid-file' });
    }
    const { length } = file;
    const headerBytes = 8 + Number(Buffer.from(file).readBigUInt64LE(0));
    const counted = Buffer.from(file);
    counted.writeUInt32LE(77, headerBytes);
    await expect(load(counted)).rejects.toThrow(/other lengths/);
    const torn = Buffer.from(file);
    torn[length - 1] = 65;
    await expect(load(torn)).rejects.toThrow(/tokens for/);
  });

  it('stops when asked to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const file = await save(filled(10));
    await expect(
      loadLexicalIndex(file, { tokenizer: 'mine', tokenize }, { signal }),
    ).rejects.toThrow('enough');
  });
});

// Taking out what is gone, as saving does, must not be noticed.
describe('an index that is saved again and again', () => {
  lexicalIndexSuite((words) => {
    const index = new MemoryLexicalIndex(words);
    const search = index.search.bind(index);
    index.search = (...asked) => {
      for (const _ of index.takeOut());
      return search(...asked);
    };
    return index;
  });
});
