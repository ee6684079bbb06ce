/** Scores the named rows of a group. */
export type GroupScorer = (group: number, rows: Uint32Array) => ArrayLike<number>;

/**
 * Scores rows that lie in several groups, in one call for each group.
 *
 * @param groupOf by item: its group
 * @param rowOf by item: its row within the group
 * @returns by item
 */
export function groupScores(
  groups: number,
  groupOf: Uint32Array,
  rowOf: Uint32Array,
  score: GroupScorer,
): Float64Array {
  const count = groupOf.length;
  const ends = new Uint32Array(groups);
  for (let i = 0; i < count; i++) ends[groupOf[i]]++;
  for (let group = 0, end = 0; group < groups; group++) {
    const start = end;
    end += ends[group];
    ends[group] = start;
  }
  const rows = new Uint32Array(count);
  const items = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const at = ends[groupOf[i]]++;
    rows[at] = rowOf[i];
    items[at] = i;
  }
  const scores = new Float64Array(count);
  for (let group = 0, start = 0; group < groups; group++) {
    const end = ends[group];
    if (end === start) continue;
    const found = score(group, rows.subarray(start, end));
    for (let i = start; i < end; i++) scores[items[i]] = found[i - start];
    start = end;
  }
  return scores;
}
