import { Document } from '@langchain/core/documents';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { fromTypedJson, toTypedJson } from '../snapshot/typed-json.ts';
import { checksumOf } from './file-format.ts';
import { fromSqlText, toSqlText } from './sqlite-text.ts';

/** A document as it is written. */
export interface DocumentRow {
  readonly row: number;
  readonly id: string | Uint8Array;
  /** 1 when the document carries its id. */
  readonly given: number;
  readonly content: string | Uint8Array;
  readonly metadata: string;
  readonly types: string | null;
  readonly checksum: number;
}

export const documentColumns = 'row, id, given, content, metadata, types, checksum';

/** @throws BitryoshkaError `not-supported` for metadata that cannot be written */
export function encodeDocument(row: number, { id, document }: DocumentEntry): DocumentRow {
  const { pageContent, metadata } = document;
  const { json, types } = toTypedJson(metadata, `document "${id}": metadata`);
  const written = {
    row,
    id: toSqlText(id),
    given: document.id === undefined ? 0 : 1,
    content: toSqlText(pageContent),
    metadata: JSON.stringify(json),
    types: Object.keys(types).length > 0 ? JSON.stringify(types) : null,
  };
  return { ...written, checksum: checksumOfDocument(written) };
}

/** @returns undefined for what is not as it was written */
export function decodeDocument(found: DocumentRow): DocumentEntry | undefined {
  const { given, content, metadata, types, checksum } = found;
  if (checksumOfDocument(found) !== checksum) return undefined;
  const id = fromSqlText(found.id);
  const restored = fromTypedJson({
    json: JSON.parse(metadata),
    types: types === null ? {} : JSON.parse(types),
  });
  const document = new Document({
    pageContent: fromSqlText(content),
    metadata: restored as Document['metadata'],
    ...(given === 1 && { id }),
  });
  return { id, document };
}

function checksumOfDocument({
  row,
  id,
  given,
  content,
  metadata,
  types,
}: Omit<DocumentRow, 'checksum'>): number {
  return checksumOf(`${row} ${given}`, id, content, metadata, types ?? '');
}
