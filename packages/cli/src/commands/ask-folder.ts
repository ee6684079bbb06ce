import { BitryoshkaError } from '@bitryoshka/core';
import { answerQuestion } from '../chat/answer-question.ts';
import { openChatModel } from '../chat/open-chat-model.ts';
import type { FoundPassage } from '../library/find-passages.ts';
import { findPassages, nameOfPlace } from '../library/find-passages.ts';
import { fitsNothing } from '../library/fits-nothing.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { complain, print, printJson } from '../terminal/print.ts';
import { stripControls } from '../terminal/strip-controls.ts';
import { interruptedTold } from './interrupted-told.ts';
import type { LibraryFlags } from './library-flags.ts';
import { libraryOptions } from './library-flags.ts';
import { closeFolder, openFolder } from './opened-folder.ts';

export interface AskFolderOptions extends Omit<LibraryFlags, 'model'> {
  /** The chat model, `provider:name`. */
  readonly model?: string;
  /** What embeds the passages. */
  readonly embeddings?: string;
  readonly k: number;
  readonly json: boolean;
}

/** `bitryoshka ask`: the answer of a chat model to a question, from passages of a folder that it cites. */
export async function askFolder(
  folder: string,
  question: string,
  { model: name, embeddings, k, json, ...flags }: AskFolderOptions,
): Promise<void> {
  let isIndexed = false;
  const isInterrupted = await interruptible(async (signal) => {
    // Who has no model should not wait for an index.
    const chat = await openChatModel(name);
    const options = libraryOptions({ ...flags, ...(embeddings && { model: embeddings }) });
    const opened = await openFolder(folder, options, signal);
    const { library } = opened;
    isIndexed = true;
    try {
      const passages = await findPassages(library, question, k);
      if (await fitsNothing(library, question, passages)) {
        throw new BitryoshkaError({
          code: 'empty-input',
          message: `${folder}: got no passage that fits the question: none has a word of it or is near to it.`,
          remedy: 'Ask in other words.',
        });
      }
      if (!json) complain(`${chat.name} reads ${passages.length} passages of ${folder}\n`);
      const onText = json ? undefined : (text: string) => process.stdout.write(stripControls(text));
      const answer = await answerQuestion(chat, question, passages, {
        signal,
        ...(onText && { onText }),
      });
      if (json) {
        const cited = answer.cited.map((number) => ({ number, ...passages[number - 1] }));
        printJson({ model: chat.name, ...answer, cited });
      } else {
        printCitations(answer.cited, answer.unknown, passages);
      }
    } finally {
      await closeFolder(opened);
    }
  });
  if (!isInterrupted) return;
  if (!isIndexed) complain(interruptedTold);
  // A model that is still waited for would keep the process.
  process.exit();
}

function printCitations(
  cited: readonly number[],
  unknown: readonly number[],
  passages: readonly FoundPassage[],
): void {
  print('\n');
  for (const number of cited) {
    const passage = passages[number - 1];
    if (!passage) continue;
    const { headings } = passage;
    const heading = headings.length > 0 ? `  ${headings.join(' › ')}` : '';
    print(`[${number}] ${nameOfPlace(passage)}${heading}`);
  }
  if (unknown.length > 0) {
    const numbers = unknown.map((number) => `[${number}]`).join(', ');
    complain(`Not among the passages: ${numbers}. Do not rely on what it says there.`);
  }
  if (cited.length === 0) complain('The answer cites no passage.');
}
