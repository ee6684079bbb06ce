/** Failures below a table: each a heading and its first lines of error, quoted. */
export function failureList(failures) {
  if (failures.length === 0) return 'No failures.';
  return failures
    .map(({ name, lines }) => `**${name}**\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\``)
    .join('\n\n');
}
