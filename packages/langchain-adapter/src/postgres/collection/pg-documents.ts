import { Document } from '@langchain/core/documents';
import type { DocumentEntry } from '../../documents/document-batch.ts';
import { isPlainObject } from '../../documents/plain-value.ts';
import type { TypedJson } from '../../snapshot/typed-json.ts';
import { fromTypedJson, toTypedJson } from '../../snapshot/typed-json.ts';
import { fromPgText, toPgText } from '../database/pg-text.ts';

/** A document as a row has it. */
export interface DocumentRow {
  readonly id: string;
  /** Whether the document carries its id. */
  readonly given: boolean;
  readonly content: string;
  readonly metadata: unknown;
  readonly types: unknown;
}

/** Columns of a table of documents, besides its number and its vector, and what values of them are sent as. */
export const documentColumns = {
  id: 'text',
  given: 'bool',
  content: 'text',
  metadata: 'jsonb',
  types: 'jsonb',
} as const;

export type DocumentValues = Record<keyof typeof documentColumns, string | boolean | null>;

/** @throws BitryoshkaError `not-supported` for metadata that cannot be written */
export function encodeDocument({ id, document }: DocumentEntry): DocumentValues {
  const { json, types } = toTypedJson(document.metadata, `document "${id}": metadata`);
  return {
    id: toPgText(id),
    given: document.id !== undefined,
    content: toPgText(document.pageContent),
    metadata: JSON.stringify(mapTexts(json, toPgText)),
    types: Object.keys(types).length > 0 ? JSON.stringify(mapTexts(types, toPgText)) : null,
  };
}

export function decodeDocument({
  id,
  given,
  content,
  metadata,
  types,
}: DocumentRow): DocumentEntry {
  const restored = fromTypedJson({
    json: mapTexts(metadata, fromPgText),
    types: (mapTexts(types, fromPgText) ?? {}) as TypedJson['types'],
  });
  const own = fromPgText(id);
  const document = new Document({
    pageContent: fromPgText(content),
    metadata: restored as Document['metadata'],
    ...(given && { id: own }),
  });
  return { id: own, document };
}

/** A copy of JSON with other strings and keys. */
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (!isPlainObject(value)) return value;
  // Unlike assignments, this treats a key named __proto__ like any other.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, map)]),
  );
}
