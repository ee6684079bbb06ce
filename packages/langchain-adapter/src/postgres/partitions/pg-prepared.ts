import { BitryoshkaError } from '@bitryoshka/core';
import { namingPart, sqlStateOf } from '../database/pg-errors.ts';
import type { PgNames } from '../database/pg-names.ts';
import type { PgPool } from '../database/pg-pool.ts';
import { commit, inTransaction } from '../database/pg-pool.ts';
import type { Begun } from './pg-joint-change.ts';
import { onEach } from './pg-joint-change.ts';

/** A transaction that waits on a server to be sealed or rolled back. */
interface Prepared {
  readonly place: number;
  /** By which the server knows it. */
  readonly name: string;
  readonly change: string;
  /** The place where it is decided what becomes of it. */
  readonly decidedAt: number;
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const undefinedObject = '42704';
const lockNotAvailable = '55P03';
const lockMilliseconds = 2000;

/**
 * Changes of several servers that are made on all of them or on none, whatever fails in between. All but the first
 * server prepare their transactions; that of the first writes down that the change is made, and so decides by its
 * COMMIT. Who finds a prepared transaction whose change is not written down there writes down that it is not to be
 * made: that waits for whom it may be about to be, and one of the two gets the line.
 */
export class PgPreparedChanges {
  readonly #pools: readonly PgPool[];
  readonly #decisions: string;
  readonly #prefix: string;
  /** Whether there may be something left to settle. */
  #isUnsettled = true;

  /**
   * @param pools in the order of places
   * @param set of the parts of the collection
   */
  constructor(pools: readonly PgPool[], { decisions }: PgNames, set: string) {
    if (!uuid.test(set)) throw new TypeError('got something else for the number of a set');
    this.#pools = pools;
    this.#decisions = decisions;
    this.#prefix = `bitryoshka/${set}/`;
  }

  /**
   * Makes the table that it needs.
   *
   * @throws BitryoshkaError `not-supported` where a server prepares no transactions
   */
  async enable(): Promise<void> {
    await onEach(this.#places(), async ({ place, pool }) => {
      const { rows } = await pool.query(
        `SELECT current_setting('max_prepared_transactions')::int AS most, to_regclass($1) IS NOT NULL AS found`,
        [this.#decisions],
      );
      if (Number(rows[0]?.most) === 0) throw notPreparing(place);
      if (rows[0]?.found === true) return;
      await inTransaction(pool, async (client) => {
        // Of two clients at once, one waits.
        await client.query(`SELECT pg_advisory_xact_lock(hashtext($1))`, [this.#decisions]);
        await client.query(
          `CREATE TABLE IF NOT EXISTS ${this.#decisions} (id uuid PRIMARY KEY, is_made boolean NOT NULL)`,
        );
      });
    });
  }

  /** Begins to seal transactions, as `inTransactions` wants it. */
  async begin(
    begun: readonly Begun[],
    doing: string,
  ): Promise<(ended: Set<Begun>) => Promise<void>> {
    const [first, ...others] = begun as [Begun, ...Begun[]];
    const change = globalThis.crypto.randomUUID();
    await first.client
      .query(`INSERT INTO ${this.#decisions} VALUES ($1, true)`, [change])
      .catch(namingPart(first.place));
    const nameAt = (place: number) => `'${this.#prefix}${change}/${first.place}/${place}'`;
    return async (ended) => {
      try {
        await onEach(others, async (each) => {
          const text = `PREPARE TRANSACTION ${nameAt(each.place)}`;
          const { command } = await each.client.query(text);
          ended.add(each);
          if (command === 'ROLLBACK') throw rolledBack(doing);
        });
        await commit(first.client, doing).catch(namingPart(first.place));
        ended.add(first);
      } catch (cause) {
        this.#isUnsettled = true;
        if (others.some((each) => ended.has(each))) {
          // It can be decided only when this is at its end.
          await first.client.query('ROLLBACK').catch(() => undefined);
          await this.settle().catch(() => undefined);
        }
        throw cause;
      }
      const results = await Promise.allSettled(
        others.map(({ client, place }) => end(client, 'COMMIT', nameAt(place))),
      );
      for (const [i, { status }] of results.entries()) {
        if (status === 'rejected') ended.delete(others[i] as Begun);
      }
      // It is made, whenever the others seal it.
      if (ended.size < begun.length) this.#isUnsettled = true;
      else await this.#forget(first.client, change).catch(() => undefined);
    };
  }

  /**
   * Ends what was left prepared by changes whose client or servers went away.
   *
   * @throws BitryoshkaError `database-failed` while one of the servers is away
   */
  async settle(): Promise<void> {
    if (!this.#isUnsettled) return;
    const left = await this.#list();
    let isSettled = true;
    const changes = new Map(left.map((prepared) => [prepared.change, prepared]));
    for (const [change, { decidedAt }] of changes) {
      const isMade = await this.#decide(change, decidedAt);
      if (isMade === undefined) {
        isSettled = false;
        continue;
      }
      // Again: where it is made, all of it was prepared before.
      const its = (await this.#list()).filter((prepared) => prepared.change === change);
      await onEach(its, ({ place, name }) =>
        end(this.#pool(place), isMade ? 'COMMIT' : 'ROLLBACK', `'${name}'`),
      );
      await this.#forget(this.#pool(decidedAt), change);
    }
    this.#isUnsettled = !isSettled;
  }

  async #list(): Promise<Prepared[]> {
    const left: Prepared[] = [];
    await onEach(this.#places(), async ({ place, pool }) => {
      const { rows } = await pool.query<{ gid: string }>(
        `SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1)`,
        [this.#prefix],
      );
      for (const { gid: name } of rows) {
        const [change = '', decidedAt = '', ...more] = name.slice(this.#prefix.length).split('/');
        const isOurs = uuid.test(change) && more.join('/') === `${place}`;
        if (isOurs && this.#pools[Number(decidedAt)]) {
          left.push({ place, name, change, decidedAt: Number(decidedAt) });
        }
      }
    });
    return left;
  }

  /** @returns undefined where it is being made, or was settled by others meanwhile */
  async #decide(change: string, place: number): Promise<boolean | undefined> {
    const pool = this.#pool(place);
    try {
      await inTransaction(pool, async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${lockMilliseconds}`);
        await client.query(
          `INSERT INTO ${this.#decisions} VALUES ($1, false) ON CONFLICT DO NOTHING`,
          [change],
        );
      });
      const { rows } = await pool.query<{ is_made: boolean }>(
        `SELECT is_made FROM ${this.#decisions} WHERE id = $1`,
        [change],
      );
      return rows[0]?.is_made;
    } catch (cause) {
      if (sqlStateOf(cause) === lockNotAvailable) return undefined;
      return namingPart(place)(cause);
    }
  }

  async #forget(client: Pick<PgPool, 'query'>, change: string): Promise<void> {
    await client.query(`DELETE FROM ${this.#decisions} WHERE id = $1`, [change]);
  }

  #places(): { readonly place: number; readonly pool: PgPool }[] {
    return this.#pools.map((pool, place) => ({ place, pool }));
  }

  #pool(place: number): PgPool {
    return this.#pools[place] as PgPool;
  }
}

async function end(
  client: Pick<PgPool, 'query'>,
  how: 'COMMIT' | 'ROLLBACK',
  name: string,
): Promise<void> {
  try {
    await client.query(`${how} PREPARED ${name}`);
  } catch (cause) {
    // Another client was quicker, and did the same.
    if (sqlStateOf(cause) !== undefinedObject) throw cause;
  }
}

function notPreparing(place: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: `atomic: got true and a server with max_prepared_transactions 0, expected one that prepares transactions.`,
    remedy: `Set max_prepared_transactions of partitions[${place}] to its max_connections, and start it again; or leave atomic out.`,
  });
}

function rolledBack(doing: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'database-failed',
    message: `${doing}: got a transaction in which a statement had failed, expected that to be thrown on.`,
    remedy: 'Nothing was changed. Let the error of the statement end the transaction.',
  });
}
