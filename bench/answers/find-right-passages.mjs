/**
 * The numbers of the passages that answer a question: of those of one file whose text a pattern matches, and of `also`;
 * or, where there are `files`, of all whose paths one expression matches and whose headings and text another.
 *
 * @throws Error when one of its patterns matches no passage of its file: then the question is wrong,
 *   or passages are split otherwise than when it was written
 */
export function findRightPassages({ question, file, files, pattern, also = [] }, passages) {
  if (files !== undefined) return anyOf({ files, pattern }, passages, question);
  return new Set(
    [{ file, pattern }, ...also].flatMap((answer) => matches(answer, passages, question)),
  );
}

function matches({ file, pattern }, passages, question) {
  const expression = new RegExp(pattern, 'u');
  const found = [];
  for (const [i, passage] of passages.entries()) {
    // Sentences are wrapped anywhere; patterns know only single spaces.
    if (passage.file === file && expression.test(passage.text.replace(/\s+/g, ' '))) found.push(i);
  }
  if (found.length > 0) return found;
  throw new Error(`"${question}": /${pattern}/ matches no passage of ${file}.`);
}

function anyOf({ files, pattern }, passages, question) {
  const [path, words] = [files, pattern].map((literal) => {
    const [, source, flags] = /^\/(.+)\/(i?)$/.exec(literal);
    return new RegExp(source, flags);
  });
  const found = passages.flatMap(({ file, searched }, i) =>
    path.test(file) && words.test(searched.replace(/\s+/g, ' ')) ? [i] : [],
  );
  if (found.length > 0) return new Set(found);
  throw new Error(`"${question}": ${pattern} matches no passage of ${files}.`);
}
