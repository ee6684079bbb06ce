import type { ScoredRow, Scoring, TaskOptions } from '@bitryoshka/core';
import { BinaryIndex, ExactIndex, row } from '@bitryoshka/core';
import type { RetrievalTask } from '@bitryoshka/core/evaluation';
import { checkpoint } from '@bitryoshka/core/internal';
import type { InspectedQuantizer } from './inspected-quantizer.ts';
import type { QuantizerTimes, StageTime, Times } from './report-data.ts';
import { spacedRows } from './spaced-rows.ts';

const k = 10;
const rerank = 100;
const candidates = 1000;
const maximumQueries = 100;
/** The fastest of a few runs of one query: what interrupts it only ever adds. */
const repetitions = 3;

/**
 * Times every stage of a search on the task's queries. The scan is a search of nothing else; another
 * stage is what a search that has it takes more, with the rows that the scan hands on to it.
 */
export async function measureTimes(
  task: RetrievalTask,
  inspected: readonly InspectedQuantizer[],
  options: TaskOptions,
): Promise<Times> {
  const total = inspected.length;
  const exact = new ExactIndex(task.documents.columns);
  exact.add(task.documents);
  const sample = spacedRows(task.queries, maximumQueries);
  const queries = Array.from({ length: sample.rows }, (_, i) => row(sample, i));
  const floatMilliseconds = median(timeEach(queries, (query) => exact.search(query, { k })));
  const quantizers: QuantizerTimes[] = [];
  for (const [done, { name, quantizer, fitSeconds, scorings }] of inspected.entries()) {
    await checkpoint(options, { stage: 'time', done, total });
    const start = performance.now();
    quantizer.encode(task.documents, 'document');
    const encodeSeconds = (performance.now() - start) / 1000;
    const stages = timeStages(
      new BinaryIndex({ quantizer, vectors: exact.vectors }),
      queries,
      scorings,
    );
    quantizers.push({ quantizer: name, fitSeconds, encodeSeconds, stages });
  }
  options.onProgress?.({ stage: 'time', done: total, total });
  return { k, candidates, rerank, floatMilliseconds, quantizers };
}

function timeStages(
  index: BinaryIndex,
  queries: readonly Float32Array[],
  scorings: readonly Scoring[],
): StageTime[] {
  const time = (scoring: Scoring, depth: number) =>
    timeEach(queries, (query) => index.search(query, { k, scoring, candidates, rerank: depth }));
  const scan = time('symmetric', 0);
  return [
    { stage: 'scan', milliseconds: median(scan) },
    ...scorings
      .filter((scoring) => scoring !== 'symmetric')
      .map((scoring) => ({
        stage: `re-score (${scoring})`,
        milliseconds: medianIncrease(scan, time(scoring, 0)),
      })),
    { stage: 're-rank', milliseconds: medianIncrease(scan, time('symmetric', rerank)) },
  ];
}

/** Milliseconds of a search, query by query. */
function timeEach(
  queries: readonly Float32Array[],
  search: (query: Float32Array) => ScoredRow[],
): number[] {
  return queries.map((query) => {
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < repetitions; i++) {
      const start = performance.now();
      search(query);
      fastest = Math.min(fastest, performance.now() - start);
    }
    return fastest;
  });
}

function medianIncrease(before: readonly number[], after: readonly number[]): number {
  return Math.max(0, median(after.map((time, i) => time - before[i]!)));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
