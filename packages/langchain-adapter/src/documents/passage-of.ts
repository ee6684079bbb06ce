import type { CorpusPassage } from '@bitryoshka/core/training';
import type { DocumentInterface } from '@langchain/core/documents';

/** Under which names metadata holds what is known of a passage. */
export interface PassageFields {
  /** Of the document that a passage is cut from. Default: `title`. */
  readonly title?: string | undefined;
  /** The heading above a passage, or a list from the outermost to the innermost. Default: `headings`. */
  readonly headings?: string | undefined;
  /** What tells that document from others. Default: `source`, as loaders of LangChain write it. */
  readonly source?: string | undefined;
}

/** What a document's metadata say of it as a passage. What is no text is left out. */
export function passageOf(
  { metadata }: DocumentInterface,
  { title = 'title', headings = 'headings', source = 'source' }: PassageFields,
): CorpusPassage {
  const fields = metadata as Record<string, unknown>;
  const text = (name: string): string | undefined =>
    typeof fields[name] === 'string' ? fields[name] : undefined;
  const above = fields[headings];
  return {
    title: text(title),
    source: text(source),
    headings: (Array.isArray(above) ? above : [above]).filter(
      (heading): heading is string => typeof heading === 'string',
    ),
  };
}
