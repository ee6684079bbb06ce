import type { Matrix, TaskOptions } from '@bitryoshka/core';
import { normalizeRows, row as rowOf } from '@bitryoshka/core';
import { checkpoint, TopK } from '@bitryoshka/core/internal';
import { fitQuantizerInThread } from '@bitryoshka/core/node';
import type { DocumentMap, MapResponse, Source } from './api-types.ts';
import type { ServedPassages } from './served-passages.ts';

/** Of fewer files, everybody is everybody's neighbour. */
const fewestFiles = 12;
const mostFiles = 2000;
/** A map that shows less says more than is true. */
const leastVariance = 0.1;
const neighbours = 10;
/** Files whose neighbours are looked at. */
const mostChecked = 200;
const rowsPerTurn = 64;

/**
 * Files in two dimensions: the means of their passages, along the two leading principal components, with what the map
 * shows of how far they are apart. None where that is too little.
 */
export async function mapDocuments(
  passages: ServedPassages,
  task: TaskOptions,
): Promise<MapResponse> {
  if (passages.sourceCount < fewestFiles) {
    const reason = `A map needs ${fewestFiles} files; there are ${passages.sourceCount}.`;
    return { map: null, reason };
  }
  const { files, means } = await meansOf(passages, task);
  // The values behind the bits of this kind are the principal components.
  const quantizer = await fitQuantizerInThread(means, {
    kind: 'pca',
    bits: 2,
    decoder: false,
    sampleSize: mostFiles,
    signal: task.signal,
  });
  const places = quantizer.project(means, 'document');
  const variance = varianceOf(places) / varianceOf(means);
  if (variance < leastVariance) {
    const reason = `No two directions show much of how these files differ: the best show ${(100 * variance).toFixed(0)} % of the variance.`;
    return { map: null, reason };
  }
  const points = files.map((file, i) => {
    const [x, y] = rowOf(places, i) as unknown as [number, number];
    return { ...file, x, y };
  });
  const kept = await neighboursKept(means, places, task);
  const map: DocumentMap = { files: passages.sourceCount, points, variance, ...kept };
  return { map, reason: null };
}

/** Files, or some that are spread over all, and the means of their passages, as unit vectors. */
async function meansOf(
  passages: ServedPassages,
  task: TaskOptions,
): Promise<{ readonly files: Source[]; readonly means: Matrix }> {
  const all = [...passages.sources()];
  const count = Math.min(mostFiles, all.length);
  const columns = passages.vectors.dimensions;
  const means: Matrix = { rows: count, columns, data: new Float32Array(count * columns) };
  const files: Source[] = [];
  for (let i = 0; i < count; i++) {
    if (i % rowsPerTurn === 0) await checkpoint(task, { stage: 'map', done: i, total: count });
    const { rows, source } = all[Math.floor((i * all.length) / count)] as (typeof all)[number];
    const mean = rowOf(means, i);
    for (const row of rows) {
      const vector = passages.vectors.at(row);
      for (let j = 0; j < columns; j++) mean[j] = (mean[j] as number) + (vector[j] as number);
    }
    files.push(source);
  }
  return { files, means: normalizeRows(means, means) };
}

/** The sum over the columns. */
function varianceOf({ rows, columns, data }: Matrix): number {
  let sum = 0;
  for (let j = 0; j < columns; j++) {
    let [first, second] = [0, 0];
    for (let i = 0; i < rows; i++) {
      const value = data[i * columns + j] as number;
      first += value;
      second += value * value;
    }
    sum += second / rows - (first / rows) ** 2;
  }
  return sum;
}

async function neighboursKept(
  means: Matrix,
  places: Matrix,
  task: TaskOptions,
): Promise<Pick<DocumentMap, 'neighboursKept' | 'neighboursByChance'>> {
  const { rows } = means;
  const k = Math.min(neighbours, rows - 1);
  const checked = Math.min(mostChecked, rows);
  let kept = 0;
  for (let i = 0; i < checked; i++) {
    await checkpoint(task, { stage: 'map', done: i, total: checked });
    const row = Math.floor((i * rows) / checked);
    const near = new Set(nearest(means, row, k));
    kept += nearest(places, row, k).filter((other) => near.has(other)).length / k;
  }
  return { neighboursKept: kept / checked, neighboursByChance: k / (rows - 1) };
}

function nearest(points: Matrix, row: number, k: number): number[] {
  const top = new TopK(k);
  const point = rowOf(points, row);
  for (let other = 0; other < points.rows; other++) {
    if (other === row) continue;
    const at = rowOf(points, other);
    let distance = 0;
    for (let j = 0; j < at.length; j++) {
      distance += ((at[j] as number) - (point[j] as number)) ** 2;
    }
    top.offer(other, -distance);
  }
  return top.rows().map((found) => found.row);
}
