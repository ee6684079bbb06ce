import type { QueryNode } from './query-node.ts';
import { siftQuery } from './sift-query.ts';
import type { Scalar } from './value-test.ts';
import { toScalar } from './value-test.ts';

export type Metadata = Readonly<Record<string, unknown>>;
type FieldNode = Extract<QueryNode, { kind: 'field' }>;
type Predicate = (metadata: Metadata) => boolean;

/** A function that answers as `sift` does, for metadata that are objects. */
export function compileQuery(node: QueryNode): Predicate {
  switch (node.kind) {
    case 'and':
      return conjunction(node.parts.map(compileQuery));
    case 'or': {
      const parts = node.parts.map(compileQuery);
      return (metadata) => parts.some((part) => part(metadata));
    }
    case 'not': {
      const part = compileQuery(node.part);
      return (metadata) => !part(metadata);
    }
    case 'field':
      return fieldPredicate(node);
    default:
      return siftQuery(node.query);
  }
}

function conjunction(parts: readonly Predicate[]): Predicate {
  const [first, second] = parts;
  if (parts.length === 2 && first && second)
    return (metadata) => first(metadata) && second(metadata);
  return (metadata) => {
    for (const part of parts) if (!part(metadata)) return false;
    return true;
  };
}

function fieldPredicate({ path, test, query }: FieldNode): Predicate {
  const parents = path.split('.');
  const last = parents.pop() as string;
  const { accepts, acceptsList, values, asksExistence = false } = test;
  let sifted: Predicate | undefined;
  const sift: Predicate = (metadata) => {
    sifted ??= siftQuery(query);
    return sifted(metadata);
  };
  const judge = (value: unknown, owner: Metadata, metadata: Metadata): boolean => {
    const scalar = toScalar(value);
    if (scalar !== undefined) return accepts(scalar, asksExistence && Object.hasOwn(owner, last));
    const list = Array.isArray(value) && acceptsList ? toScalars(value) : undefined;
    return list && acceptsList ? acceptsList(list) : sift(metadata);
  };
  const general: Predicate = (metadata) => {
    let owner = metadata;
    for (const key of parents) {
      const next = owner[key];
      if (next === null || next === undefined) return accepts(null, false);
      // Lists stand for what is in them, and strings have fields as well.
      if (typeof next !== 'object' || Array.isArray(next)) return sift(metadata);
      owner = next as Metadata;
    }
    const value = owner[last];
    return isPlain(value) && !asksExistence ? accepts(value, true) : judge(value, owner, metadata);
  };
  const [only] = values?.size === 1 ? values : [];
  if (parents.length > 0 || only === undefined || only === null) return general;
  // What is asked most is answered with the fewest calls.
  return (metadata) => {
    const value = metadata[last];
    return value === only || (!isPlain(value) && general(metadata));
  };
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/** Undefined for lists of anything else, and with gaps, which are not null. */
export function toScalars(list: readonly unknown[]): Scalar[] | undefined {
  const scalars: Scalar[] = [];
  for (const item of list) {
    const scalar = item === undefined ? undefined : toScalar(item);
    if (scalar === undefined) return undefined;
    scalars.push(scalar);
  }
  return scalars;
}
