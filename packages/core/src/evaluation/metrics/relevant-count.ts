import type { Relevance } from './relevance.ts';

/** How many documents are relevant at all, found or not. */
export function relevantCount(relevance: Relevance): number {
  let count = 0;
  for (const grade of relevance.values()) if (grade > 0) count++;
  return count;
}
