import { BitryoshkaError } from '@bitryoshka/core';
import { toId } from '../documents/document-batch.ts';
import type { CompiledFilter, DocumentFilter } from '../filters/document-filter.ts';
import { compileFilter } from '../filters/document-filter.ts';
import type { DeleteOptions } from './store-options.ts';

/** What is to be deleted, checked: all documents where nothing is named. */
export interface Deletion {
  readonly ids: string[] | undefined;
  readonly filter: CompiledFilter | undefined;
  readonly directory: string | undefined;
}

/** @throws BitryoshkaError `invalid-option` unless it says one thing */
export function resolveDelete({
  ids,
  filter,
  deleteAll,
  directory,
}: DeleteOptions<DocumentFilter>): Deletion {
  const given = [ids, filter, deleteAll || undefined, directory];
  const count = given.filter((value) => value !== undefined).length;
  if (count !== 1) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `delete: got ${count} of ids, filter, deleteAll and directory, expected one.`,
      remedy:
        'Say what to delete: { ids }, { filter }, { deleteAll: true } or, of what was saved, { directory }.',
    });
  }
  if (directory !== undefined) checkDirectory(directory);
  if (ids !== undefined && !Array.isArray(ids)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `delete: got ids of type ${typeof ids}, expected a list.`,
      remedy: 'Pass { ids: [id] }.',
    });
  }
  if (isEmptyCondition(filter)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: 'delete: got a filter without conditions, which every document passes.',
      remedy: 'Say what to delete, or { deleteAll: true }.',
    });
  }
  return {
    ids: ids?.map((id, i) => toId(id, `ids[${i}]`)),
    filter: filter === undefined ? undefined : compileFilter(filter),
    directory,
  };
}

function checkDirectory(directory: unknown): void {
  if (typeof directory === 'string' && directory !== '') return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `delete: got ${JSON.stringify(directory)} for directory, expected a path.`,
    remedy: 'Name the folder that the store was saved to.',
  });
}

/** Also where all that it asks for is undefined, as of a variable that was forgotten. */
function isEmptyCondition(filter: DocumentFilter | undefined): boolean {
  if (typeof filter !== 'object' || filter === null) return false;
  return Object.values(filter).every((value) => value === undefined);
}
