/**
 * The numbers of the passages that answer a question.
 *
 * @throws Error when one of its patterns matches no passage of its file: then the question is wrong,
 *   or passages are split otherwise than when it was written
 */
export function findRightPassages({ question, file, pattern, also = [] }, passages) {
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
