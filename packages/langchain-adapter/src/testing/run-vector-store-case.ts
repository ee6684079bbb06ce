import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { expectFailure } from './expectations.ts';
import type { TestedStore } from './tested-store.ts';
import type { Capability, Refusal, Trial, VectorStoreCase } from './vector-store-case.ts';
import { WordEmbeddings } from './word-embeddings.ts';

/** A kind of vector store, and what it says of itself. */
export interface TestedKind<Store extends TestedStore = TestedStore> {
  /** Makes an empty store. */
  readonly create: (embeddings: EmbeddingsInterface) => Promise<Store>;
  /** What it can do besides what every store must; `capabilities` says what each means. */
  readonly capabilities: readonly Exclude<Capability, 'reload'>[];
  /** Whether a higher score is better, or a lower one. Default: `similarity`, the higher. */
  readonly scores?: 'similarity' | 'distance' | undefined;
  /** Is called before a search, for stores that need a while: returns the store to search. */
  readonly settle?: ((store: Store) => Promise<Store>) | undefined;
  /** Saves a store and returns what was loaded. Stores that cannot be saved have none. */
  readonly reload?: ((store: Store) => Promise<Store>) | undefined;
  /** Is called after each case with each store that it was given. */
  readonly dispose?: ((store: Store) => Promise<void>) | undefined;
  /** Throws unless the error is one that the store should refuse with. Default: any error will do. */
  readonly checkRefusal?: ((error: unknown, reason: Refusal) => void) | undefined;
}

type Abilities = Pick<TestedKind, 'capabilities'> & { readonly reload?: unknown };

/** Whether the kind says that it can do what a case needs. */
export function isExpected(kind: Abilities, { needs }: VectorStoreCase): boolean {
  return needs.every((capability) => hasCapability(kind, capability));
}

/**
 * @throws what says that the store does not pass, or what the store throws
 */
export async function runVectorStoreCase<Store extends TestedStore>(
  { run }: VectorStoreCase,
  kind: TestedKind<Store>,
): Promise<void> {
  const made = new Set<Store>();
  const keep = async (making: Promise<Store>): Promise<Store> => {
    const store = await making;
    made.add(store);
    return store;
  };
  const trial: Trial = {
    embeddings: new WordEmbeddings(),
    scores: kind.scores ?? 'similarity',
    has: (capability) => hasCapability(kind, capability),
    create: (embeddings = new WordEmbeddings()) => keep(kind.create(embeddings)),
    settle: async (store) => (kind.settle ? keep(kind.settle(store as Store)) : store),
    reload: async (store) => {
      if (!kind.reload) throw new Error('reload: got none, expected one for this case.');
      return keep(kind.reload(store as Store));
    },
    expectRefusal: async (action, reason) => {
      const error = await expectFailure(reason, action);
      kind.checkRefusal?.(error, reason);
    },
  };
  try {
    await run(trial);
  } finally {
    for (const store of made) await kind.dispose?.(store);
  }
}

function hasCapability(kind: Abilities, capability: Capability): boolean {
  return capability === 'reload'
    ? kind.reload !== undefined
    : kind.capabilities.includes(capability);
}
