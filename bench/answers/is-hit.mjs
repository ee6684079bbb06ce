/** Whether the first `k` places hold an answer whose rank this is. */
export function isHit(rank, k) {
  return rank !== null && rank <= k;
}
