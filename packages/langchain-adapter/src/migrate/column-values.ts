/** Metadata in one column: an object, or JSON. Anything else is handed on, to be refused with its row. */
export function metadataOfColumn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Metadata in columns. Nulls are left out: a table has a column for every row or for none. */
export function metadataOfColumns(
  names: readonly string[],
  valueIn: (name: string, position: number) => unknown,
): Record<string, unknown> {
  const values = names.map((name, i) => [name, valueIn(name, i)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== null && value !== undefined));
}
