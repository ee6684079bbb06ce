import type { Matrix, Quantizer, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { DocumentEntry } from '../documents/document-batch.ts';

/** What a store says of itself before it is copied. */
export interface CopiedState {
  /** How many documents there are. */
  readonly count: number;
  /** The fingerprint of the model that made the vectors, where that is known. */
  readonly model: string | undefined;
  /** What makes the codes; undefined where searches are exact. */
  readonly quantizer: Quantizer | undefined;
}

/** Where a document is, and its id. */
export interface CopiedKey {
  readonly row: string;
  readonly id: string;
}

/** Documents with their vectors, of unit length. */
export interface CopiedDocuments {
  readonly entries: readonly DocumentEntry[];
  readonly vectors: Matrix;
}

/** A store as copies are made of it and into it, wherever its documents lie. */
export interface CopiedStore {
  readonly embeddings: EmbeddingsInterface;
  state(): Promise<CopiedState>;
  /** Of all documents, in the order in which they were added, page by page. */
  keys(): AsyncIterable<readonly CopiedKey[]>;
  /**
   * The documents in some rows, in that order, without those that are gone.
   *
   * @throws BitryoshkaError `write-conflict` where another model has made the vectors since the keys were read
   */
  read(rows: readonly string[], task: Pick<TaskOptions, 'signal'>): Promise<CopiedDocuments>;
  /** Which of some ids are there. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Is called before documents are added: codes can be made as they come. */
  prepare(quantizer: Quantizer): Promise<void>;
  /** All of them, or none. */
  add(
    documents: CopiedDocuments,
    model: string | undefined,
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<void>;
  /** Encodes all documents by a quantizer, unless they are already. */
  encode(quantizer: Quantizer, task: TaskOptions): Promise<void>;
}

export function isSameQuantizer(a: Quantizer | undefined, b: Quantizer): boolean {
  if (a === undefined || a === b) return a === b;
  const [file, other] = [a.save(), b.save()];
  return file.length === other.length && file.every((byte, i) => byte === other[i]);
}

export function replacedVectors(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'write-conflict',
    message: 'from: got vectors of another model while they were copied, expected them to stay.',
    remedy: 'Clear the copy, and make it when the store is not embedded anew.',
  });
}
