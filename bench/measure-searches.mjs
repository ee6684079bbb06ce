/** A search that takes longer is asked a few queries only. */
const slowMilliseconds = 20;
const fewQueries = 20;

/**
 * Median milliseconds a query of each search, by turns: of each query the best of several rounds counts, as what
 * interrupts one only ever adds.
 *
 * @param searches functions of a query, which may return promises; undefined ones are passed over
 */
export async function medianTimes(queries, searches, rounds = 5) {
  const best = searches.map(() => new Float64Array(queries.length).fill(Infinity));
  const asked = searches.map(() => queries.length);
  const order = [...searches.keys()];
  for (let round = 0; round < rounds; round++) {
    // Each is first once, and comes behind each of its neighbours: what one has read is quick to read for the next.
    order.push(order.shift());
    for (const s of round % 2 === 0 ? order : order.toReversed()) {
      const search = searches[s];
      if (!search) continue;
      for (let i = 0; i < asked[s]; i++) {
        const start = performance.now();
        const answer = search(queries[i]);
        if (answer instanceof Promise) await answer;
        const time = performance.now() - start;
        best[s][i] = Math.min(best[s][i], time);
        if (time > slowMilliseconds) asked[s] = Math.min(asked[s], fewQueries);
      }
    }
  }
  return best.map((times, s) => (searches[s] ? median(times.subarray(0, asked[s])) : undefined));
}

/** Every n-th question, to be asked before, and the others, to be measured. */
export function heldApart(questions, n) {
  return {
    asked: questions.filter((_, i) => i % n === 0),
    queries: questions.filter((_, i) => i % n !== 0),
  };
}

/** The share of the wanted rows that was found. */
export function recallOf(found, wanted) {
  let shared = 0;
  let all = 0;
  for (const [i, rows] of wanted.entries()) {
    const of = new Set(found[i]);
    for (const row of rows) if (of.has(row)) shared++;
    all += rows.length;
  }
  return shared / all;
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

export function rowsOf({ data }, columns) {
  return Array.from({ length: data.length / columns }, (_, i) =>
    data.subarray(i * columns, (i + 1) * columns),
  );
}

export async function secondsOf(task) {
  const start = performance.now();
  await task();
  return (performance.now() - start) / 1000;
}

export function residentMegabytes() {
  // Several: what finalizers let go is collected later than they run.
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().rss / 1e6;
}
