import { expect, it } from 'vitest';
import type { Matrix } from '../../../vectors/matrix.ts';
import { row } from '../../../vectors/matrix.ts';
import { normalizeRows } from '../../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../../vectors/random.ts';
import { VectorCentroids } from './vector-centroids.ts';

const random = seededRandom(2);
const unit = (rows: number): Matrix =>
  normalizeRows({
    rows,
    columns: 6,
    data: Float32Array.from({ length: rows * 6 }, () => gaussian(random)),
  });
const codes = { rows: 0, bits: 8, bytesPerCode: 8, data: new Uint8Array(0) };

it('puts each item in the nearest list, and in one that is off in another direction', () => {
  const middles = unit(20);
  const items = unit(1500);
  const centroids = new VectorCentroids(6);
  for (let list = 0; list < 20; list++) {
    centroids.place(list, { codes, vectors: middles }, [list]);
  }
  const assigned = centroids.assignTwice({ codes, vectors: items });
  const nearest = centroids.assign({ codes, vectors: items });
  let isSecondNearest = 0;
  for (let i = 0; i < items.rows; i++) {
    const item = row(items, i);
    const differences = Array.from({ length: 20 }, (_, j) =>
      item.map((value, d) => value - row(centroids.values, j)[d]),
    );
    const squares = differences.map((each) => dot(each, each));
    const first = squares.indexOf(Math.min(...squares));
    expect([assigned[2 * i], nearest[i]]).toEqual([first, first]);
    // Near, and little of the difference along that from the first.
    const losses = differences.map(
      (each, j) => (squares[j] as number) + dot(each, differences[first]) ** 2 / squares[first],
    );
    losses[first] = Infinity;
    const second = losses.indexOf(Math.min(...losses));
    expect(losses[assigned[2 * i + 1] as number]).toBeCloseTo(losses[second] as number, 4);
    squares[first] = Infinity;
    if (assigned[2 * i + 1] === squares.indexOf(Math.min(...squares))) isSecondNearest++;
  }
  expect(isSecondNearest).toBeLessThan(0.95 * items.rows);
});

it('knows where centroids are after they have moved', () => {
  const centroids = new VectorCentroids(6);
  const [items, others] = [unit(50), unit(3)];
  for (let list = 0; list < 3; list++) centroids.place(list, { codes, vectors: items }, [list]);
  centroids.assignTwice({ codes, vectors: items });
  const fresh = new VectorCentroids(6);
  for (let list = 0; list < 3; list++) {
    for (const each of [centroids, fresh]) each.place(list, { codes, vectors: others }, [list]);
  }
  expect(centroids.assignTwice({ codes, vectors: items })).toEqual(
    fresh.assignTwice({ codes, vectors: items }),
  );
});

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
