import { expect, it } from 'vitest';
import { defaultGraphKernel } from '../kernels/graph/graph-kernel.ts';
import { seededRandom } from '../vectors/random.ts';
import { linkInThread } from './link-in-thread.ts';

const random = seededRandom(3);
const [rows, bytesPerCode] = [3000, 16];
const data = Uint8Array.from({ length: rows * bytesPerCode }, () => 256 * random());
const codes = { rows, bits: 128, bytesPerCode, data };
const codeOf = (row: number) => data.subarray(row * bytesPerCode, (row + 1) * bytesPerCode);

it('builds the graph that is built here', async () => {
  const options = { bytesPerCode, links: 32, effort: 48 };
  const here = defaultGraphKernel()(options);
  here.resize(rows);
  for (let row = 0; row < rows; row++) here.insert(row, codeOf(row));
  const done: number[] = [];
  const { state, links } = await linkInThread(codes, {
    M: 16,
    efConstruction: 48,
    onProgress: (progress) => done.push(progress.done),
  });
  expect(state).toEqual(here.save());
  expect(links).toEqual(here.saveBlock(0, rows).links);
  expect(done).toContain(2560);
  expect(done.at(-1)).toBe(rows);
  const opened = defaultGraphKernel()(options);
  opened.load(state);
  opened.loadBlock({ links, codes: data });
  for (let row = 0; row < 50; row++) {
    const weights = Int8Array.from({ length: 128 }, () => 255 * random() - 127);
    expect(opened.nearest(weights, 20)).toEqual(here.nearest(weights, 20));
  }
});

it('of no codes is an empty graph; stops when it is told to', async () => {
  const none = { ...codes, rows: 0, data: new Uint8Array(0) };
  const { links, state } = await linkInThread(none, { M: 16, efConstruction: 48 });
  expect([links.length, state.nodes]).toEqual([0, 0]);
  const signal = AbortSignal.abort(new Error('enough'));
  const stopped = linkInThread(codes, { M: 16, efConstruction: 48, signal });
  await expect(stopped).rejects.toThrow('enough');
});
