/** What a command that indexes says when it was interrupted. */
export const interruptedTold =
  'Interrupted. What is done is kept: the next call goes on from there.';
