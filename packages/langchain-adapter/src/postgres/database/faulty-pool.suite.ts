import type { PgPool, PgQueryable } from './pg-pool.ts';

/** What happens to statements, by their text. */
export interface Faults {
  /** Where it rejects, the statement is not made; where it does not settle, it hangs. */
  readonly before?: (text: string) => Promise<void> | undefined;
  readonly after?: (text: string) => unknown;
}

/** A pool to whose statements something happens. */
export function faulty(pool: PgPool, { before, after }: Faults): PgPool {
  const through =
    (target: PgQueryable): PgQueryable['query'] =>
    async (text, values) => {
      await before?.(text);
      const result = await target.query(text, values);
      after?.(text);
      return result as never;
    };
  return {
    isSingle: pool.isSingle,
    query: through(pool),
    async connect() {
      const client = await pool.connect();
      // Whether an error of a connection is heard matters with servers alone.
      client.on?.('error', () => {});
      return { release: (destroy) => client.release(destroy), query: through(client) };
    },
  };
}
