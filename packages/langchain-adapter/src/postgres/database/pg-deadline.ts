import { BitryoshkaError } from '@bitryoshka/core';
import type { PgPool } from './pg-pool.ts';
import { withClient } from './pg-pool.ts';

/**
 * What the task gives, unless that takes too long: then it is not waited for.
 *
 * @throws BitryoshkaError `database-failed`
 */
export async function within<T>(milliseconds: number, task: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer(milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The pool, with statements that fail when they take too long, together with their connection: one that hangs would
 * keep others from using the pool, long after the server is back.
 */
export function timedPool(pool: PgPool, milliseconds: number): PgPool {
  return {
    isSingle: pool.isSingle,
    connect: () => pool.connect(),
    query: (text, values) =>
      withClient(pool, (client) => within(milliseconds, client.query(text, values))) as never,
  };
}

function noAnswer(milliseconds: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'database-failed',
    message: `PostgreSQL: got no answer, expected one within ${Math.round(milliseconds)} ms.`,
    remedy: 'Check that the server runs and can be reached, or allow more time.',
  });
}
