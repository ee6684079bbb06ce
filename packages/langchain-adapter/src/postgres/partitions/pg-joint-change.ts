import { BitryoshkaError } from '@bitryoshka/core';
import { namingPart, sqlStateOf } from '../database/pg-errors.ts';
import type { CheckedOut, PgPool, PgQueryable } from '../database/pg-pool.ts';
import {
  beforeRetry,
  cancelOnAbort,
  checkOut,
  commit,
  inTransaction,
  isToBeRepeated,
  mostRetries,
  rollBack,
} from '../database/pg-pool.ts';

/** What is to be done on one server of several. */
export interface PartChange {
  readonly place: number;
  readonly pool: PgPool;
  /** Can be done again after it was rolled back. */
  readonly change: (client: PgQueryable) => Promise<void>;
}

export interface JointOptions {
  /** What is done: the start of messages. */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
  /** Where all of it or nothing is to be done, whatever happens: what begins to seal it. */
  readonly prepare?: PrepareSealing | undefined;
}

/** Called within the transactions, before anything is done in them. What it returns seals them. */
type PrepareSealing = (
  begun: readonly Begun[],
  doing: string,
) => Promise<(ended: Set<Begun>) => Promise<void>>;

/** How long a change waits for others while it holds what these may wait for on another server. */
const lockMilliseconds = 2000;
const lockNotAvailable = '55P03';

export interface Begun extends PartChange, CheckedOut {}

/**
 * Changes several servers, each in a transaction of its own: these are sealed one after the other when all is done.
 * Where anything fails before the first is sealed, nothing is changed anywhere.
 *
 * No server sees that two changes wait for each other on two of them. So connections are taken in the order of places;
 * and where a change waits long for another, it is begun anew, and takes one server after the other.
 *
 * @param parts in the order of their places
 * @throws BitryoshkaError `database-failed`, the reason of `signal`, or what a change throws
 */
export async function inTransactions(
  parts: readonly PartChange[],
  options: JointOptions,
): Promise<void> {
  const [first] = parts;
  if (!first) return;
  if (parts.length === 1) {
    await inTransaction(first.pool, first.change, options).catch(namingPart(first.place));
    return;
  }
  let isOrdered = false;
  for (let retries = 0; ; ) {
    options.signal?.throwIfAborted();
    try {
      return await tryTransactions(parts, isOrdered, options);
    } catch (error) {
      if (!isOrdered && sqlStateOf(error) === lockNotAvailable) {
        isOrdered = true;
        continue;
      }
      if (retries === mostRetries || !isToBeRepeated(error)) throw error;
      await beforeRetry(retries++);
    }
  }
}

async function tryTransactions(
  parts: readonly PartChange[],
  isOrdered: boolean,
  { doing, signal, prepare }: JointOptions,
): Promise<void> {
  const begun: Begun[] = [];
  /** Those that are in no transaction any more, and can be used again. */
  const ended = new Set<Begun>();
  let isSealing = false;
  const stops: (() => void)[] = [];
  const stop = (): void => {
    for (const each of stops.splice(0)) each();
  };
  try {
    for (const part of parts) {
      begun.push({ ...part, ...(await checkOut(part.pool, doing).catch(namingPart(part.place))) });
    }
    await onEach(begun, async ({ pool, client }) => {
      await client.query(
        isOrdered ? 'BEGIN' : `BEGIN; SET LOCAL lock_timeout = ${lockMilliseconds}`,
      );
      stops.push(await cancelOnAbort(pool, client, signal));
    });
    const seal = prepare && (await prepare(begun, doing));
    await applyAll(begun, isOrdered);
    stop();
    signal?.throwIfAborted();
    // Of a server that went away meanwhile, let it be known before anything is sealed.
    await onEach(begun, ({ client }) => client.query('SELECT 1'));
    isSealing = true;
    if (seal) await seal(ended);
    else await sealInTurn(begun, ended, doing);
  } catch (error) {
    stop();
    await Promise.all(
      begun.map(async (each) => {
        if (!ended.has(each) && (await rollBack(each.client))) ended.add(each);
      }),
    );
    // Where a statement was stopped, that it was is why.
    if (!isSealing) signal?.throwIfAborted();
    throw error;
  } finally {
    for (const each of begun) each.release(ended.has(each) && !signal?.aborted);
  }
}

/** When one fails, the others do nothing more, and are waited for. */
async function applyAll(begun: readonly Begun[], isOrdered: boolean): Promise<void> {
  if (isOrdered) {
    for (const { place, change, client } of begun) await change(client).catch(namingPart(place));
    return;
  }
  let failure: { readonly cause: unknown } | undefined;
  await Promise.all(
    begun.map(async ({ place, change, client }) => {
      const stoppable: PgQueryable = {
        query: async (text, values) => {
          if (failure) throw failure.cause;
          return client.query(text, values);
        },
      };
      try {
        await change(stoppable).catch(namingPart(place));
      } catch (cause) {
        failure ??= { cause };
      }
    }),
  );
  if (failure) throw failure.cause;
}

/** What is sealed stays so: after the first, those that can be are, and those that cannot are told of. */
async function sealInTurn(
  begun: readonly Begun[],
  ended: Set<Begun>,
  doing: string,
): Promise<void> {
  const failures: { readonly place: number; readonly cause: unknown }[] = [];
  let sealed = 0;
  for (const each of begun) {
    const { place } = each;
    try {
      await commit(each.client, doing).catch(namingPart(place));
      ended.add(each);
      sealed++;
    } catch (cause) {
      if (sealed === 0) throw cause;
      failures.push({ place, cause });
    }
  }
  const [first] = failures;
  if (!first) return;
  const places = failures.map(({ place }) => `partitions[${place}]`).join(', ');
  throw new BitryoshkaError({
    code: 'database-failed',
    message: `${doing}: got all but ${places} changed, expected all.`,
    remedy: 'Do it again, with the same ids: what is done already is not done twice.',
    cause: first.cause,
  });
}

/** Waits for all of them, whatever becomes of one. */
export async function onEach<Part extends { readonly place: number }>(
  parts: readonly Part[],
  ask: (part: Part) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(
    parts.map((part) => ask(part).catch(namingPart(part.place))),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
