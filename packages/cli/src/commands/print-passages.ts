import type { FolderLibrary, PassageMetadata, Place } from '../library/folder-library.ts';
import { print } from '../terminal/print.ts';
import { stripToLine } from '../terminal/strip-controls.ts';

/** A passage that was found, as `--json` prints it. */
export interface FoundPassage extends Place {
  /** From the title, or the outermost heading, to the innermost heading. */
  readonly headings: readonly string[];
  /** On the scale of cosine similarities; without words it is that of the passage to the question. */
  readonly score: number;
  readonly text: string;
  /** Where else the same text stands, if anywhere. */
  readonly others?: readonly Place[];
}

/** The passages that answer a question best, no two of the same text. */
export async function findPassages(
  { store, places }: Pick<FolderLibrary, 'store' | 'places'>,
  question: string,
  k: number,
): Promise<FoundPassage[]> {
  const { count } = store.stats();
  for (let wanted = k; ; wanted *= 2) {
    const scored = await store.similaritySearchWithScore(question, Math.min(wanted, count));
    const byText = new Map<string, FoundPassage>();
    for (const [{ id = '', pageContent: text, metadata }, score] of scored) {
      const [place, ...others] = places(id);
      if (!place) continue;
      const first = byText.get(text);
      if (!first) {
        const { headings } = metadata as PassageMetadata;
        byText.set(text, { ...place, headings, score, text, ...(others.length > 0 && { others }) });
      } else {
        byText.set(text, { ...first, others: [...(first.others ?? []), place, ...others] });
      }
    }
    // Copies take the places of what else was found.
    if (byText.size >= k || wanted >= count) return [...byText.values()].slice(0, k);
  }
}

/** Characters of a passage that are shown. */
const excerptLength = 240;
/** Other places of it that are shown. */
const shownPlaces = 3;

/** The question, and under it each passage with its file and line, heading and score. */
export function printPassages(question: string, passages: readonly FoundPassage[]): void {
  print(`\n? ${question}`);
  for (const passage of passages) {
    const { headings, score, text, others = [] } = passage;
    const heading = headings.length > 0 ? `  ${headings.join(' › ')}` : '';
    print(`  ${score.toFixed(3)}  ${placeName(passage)}${heading}`);
    print(`         ${excerpt(text)}`);
    if (others.length === 0) continue;
    const more = others.length > shownPlaces ? `, and ${others.length - shownPlaces} more` : '';
    print(`         also ${others.slice(0, shownPlaces).map(placeName).join(', ')}${more}`);
  }
}

/** Where a package manager put a package says nothing to a reader. */
function placeName({ source, line }: Place): string {
  return `${stripToLine(source).replace(/^.*node_modules\//, '…/')}:${line}`;
}

function excerpt(text: string): string {
  const line = stripToLine(text);
  return line.length <= excerptLength ? line : `${line.slice(0, excerptLength)}…`;
}
