import type { QueryNode } from '../filters/query-node.ts';
export class SqlParameters {
  readonly values: unknown[] = [];
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
export type FieldColumns = ReadonlyMap<string, string>;
export function filterSql(
  query: QueryNode | undefined,
  options: { columns: FieldColumns; parameters: SqlParameters; table: string },
): string {
  void query;
  void options;
  return 'true';
}
