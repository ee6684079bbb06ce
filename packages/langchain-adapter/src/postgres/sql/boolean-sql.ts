/** Conditions in SQL that are never NULL and bind at least as tightly as comparisons; constants are folded. */
export function all(parts: readonly string[]): string {
  return join(parts, 'and', 'true', 'false');
}

export function any(parts: readonly string[]): string {
  return join(parts, 'or', 'false', 'true');
}

export function not(part: string): string {
  if (part === 'true') return 'false';
  return part === 'false' ? 'true' : `(not ${part})`;
}

function join(parts: readonly string[], word: string, neutral: string, final: string): string {
  if (parts.includes(final)) return final;
  const said = parts.filter((part) => part !== neutral);
  if (said.length < 2) return said[0] ?? neutral;
  return `(${said.join(` ${word} `)})`;
}
