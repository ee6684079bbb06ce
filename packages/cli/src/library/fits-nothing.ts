import type { FoundPassage } from './find-passages.ts';
import type { FolderLibrary } from './folder-library.ts';
import { questionWords, tokensOf } from './question-words.ts';

/**
 * Questions about other things, each about another. A folder may have something on one of them, but hardly on most.
 */
const foreignQuestions = [
  'How long does sourdough bread have to rise?',
  'When was Mozart born?',
  'cheap flights to Lisbon in March',
  'chords for beginners on the guitar',
  'Who won the world cup in 1998?',
  'My cat does not eat any more.',
  'capital of Mongolia',
  'How do I train for a marathon?',
  'knitting pattern for a scarf',
  'price of gold per ounce',
  'Which dinosaurs lived in the Jurassic?',
  'How is a leaking tap repaired?',
  'lawyer for a divorce, costs',
  'symptoms of measles in children',
  'When do tulips have to be planted?',
  'Which moons has Jupiter?',
];

const floors = new WeakMap<Pick<FolderLibrary, 'store'>, Promise<number>>();

/**
 * Whether what was found answers the question no better than chance: no passage has half of its words, and the best is
 * no nearer to it than the best is to three of four questions about other things. So the floor is one of the folder and
 * of the model, whatever cosines that gives. Of questions of SciFact, Cranfield and DataTalks, 3 of 360 were said to
 * fit nothing in their own collection, and 519 of 780 in another one or about other things.
 */
export async function fitsNothing(
  library: Pick<FolderLibrary, 'store' | 'embeddings'>,
  question: string,
  passages: readonly FoundPassage[],
): Promise<boolean> {
  const best = passages[0]?.score;
  const words = questionWords(question);
  const hasHalf = passages.some(({ headings, text }) => {
    const found = new Set(tokensOf([...headings, text].join('\n')));
    return words.size > 0 && 2 * [...words].filter((word) => found.has(word)).length >= words.size;
  });
  if (hasHalf || best === undefined) return false;
  let floor = floors.get(library);
  if (!floor) {
    floor = floorOf(library);
    floors.set(library, floor);
  }
  return best < (await floor);
}

/** The cosine that three of four of those questions do not reach. */
async function floorOf({
  store,
  embeddings,
}: Pick<FolderLibrary, 'store' | 'embeddings'>): Promise<number> {
  const scores: number[] = [];
  for (const question of foreignQuestions) {
    const vector = await embeddings.embedQuery(question);
    const [nearest] = await store.similaritySearchVectorWithScore(vector, 1);
    scores.push(nearest?.[1] ?? 0);
  }
  scores.sort((a, b) => a - b);
  return scores[Math.floor(0.75 * scores.length)] ?? 0;
}
