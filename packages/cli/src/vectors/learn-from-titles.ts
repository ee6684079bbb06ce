import type { Matrix, TaskOptions } from '@bitryoshka/core';
import { readBeirTitles } from '@bitryoshka/core/node';
import type { CorpusLessons } from '@bitryoshka/core/training';
import { learnFromCorpus } from '@bitryoshka/core/training';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

export interface TitleOptions extends TaskOptions {
  /** What embeds the titles, as it did the documents: a local folder or a hub id; `true`: the bundled one. */
  readonly model: string | true;
  readonly seed: number;
}

/**
 * What the titles of a BEIR folder give to learn from.
 *
 * @param documents whose vectors are stored
 * @throws BitryoshkaError as `readBeirTitles`, `learnFromCorpus` and the model
 */
export async function learnFromTitles(
  folder: string,
  documents: { readonly ids: readonly string[]; readonly vectors: Matrix },
  { model, ...options }: TitleOptions,
): Promise<CorpusLessons> {
  const titles = await readBeirTitles(folder);
  const embeddings = new MatryoshkaEmbeddings(model === true ? {} : { model });
  return learnFromCorpus(
    documents.ids.map((source) => ({ source, title: titles.get(source) })),
    documents.vectors,
    { ...options, kinds: ['title'], embed: (texts) => embeddings.embedMatrix(texts, 'query') },
  );
}
