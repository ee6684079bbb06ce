import type { Language, LanguageRules } from './languages.ts';
import { languageRules } from './languages.ts';

/** The tokens of a text; of documents and of queries alike. */
export type Tokenize = (text: string) => string[];

/** To be raised whenever a text gives other tokens than before: those of older files are made again then. */
export const tokenizerVersion = 1;

/** Words, and what code joins them with: `same_file_system`, `fs.readFile`, `--no-ignore-parent`, `C++`. */
const chunks =
  /-{0,2}[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:(?:_+|--?|\.)[\p{L}\p{M}\p{N}]+)*(?:\+\+|#)?/gu;
const joints = /[_.-]+/;
/** `readFile`, `XMLHttpRequest`, not `URLs`: after a small letter or a digit, and before the last of several capitals. */
const humps = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}(?!s(?:\p{Lu}|$))\p{Ll})/u;
/** Nothing of all that: what most chunks are. */
const plain = /^[A-Z]?[a-z0-9]+$/;

/** Scripts without spaces between words, from the first of them on, and pieces that are all of one script. */
const unspaced = /[\u0e00-\u{10ffff}]/u;
const scripts =
  /(?<bigrams>\p{Script=Han}+|\p{Script=Hiragana}+|[\p{Script=Katakana}ー]+|\p{Script=Hangul}+|[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+)|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu;

/** Accents and points that writers leave out: of Latin, Greek and Cyrillic, Hebrew, Arabic. */
const accents =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]/g;
/** Letters that are typed as others, but are no letter with an accent. */
const alike: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ı: 'i',
};
const alikeLetters = new RegExp(`[${Object.keys(alike).join('')}]`, 'g');

/** Longer ones are keys, hashes and pictures in letters: nobody types them, and each would be kept. */
const longest = 100;
/** Stems that are remembered. */
const mostStems = 50_000;

/**
 * A function from texts to tokens. Words are lower-cased, without accents; what a language calls a stop word is left
 * out, and endings are taken off. Identifiers are tokens as a whole and in parts, options with their dashes as well;
 * scripts without spaces become pairs of characters.
 *
 * @throws BitryoshkaError `invalid-option` for a language that is not known
 */
export function createTokenizer(language: Language = 'none'): Tokenize {
  const rules = languageRules(language);
  const finish = rules ? reduceWith(rules) : (word: string) => word;
  return (text) => {
    const tokens: string[] = [];
    const add = (token: string) => {
      if (token !== '' && token.length <= longest) tokens.push(token);
    };
    for (const chunk of fold(text).match(chunks) ?? []) {
      if (plain.test(chunk)) {
        add(finish(chunk.toLowerCase()));
        continue;
      }
      for (const token of identifiers(chunk)) add(token);
      for (const word of chunk.split(joints)) {
        for (const part of partsOf(word)) add(finish(part));
      }
    }
    return tokens;
  };
}

/** Without accents; capitals stay, for they tell where the words of an identifier begin. */
function fold(text: string): string {
  // Most texts have nothing to fold.
  if (!/[^\0-\x7f]/.test(text)) return text;
  return text
    .normalize('NFKD')
    .replace(accents, '')
    .replace(alikeLetters, (letter) => alike[letter] as string)
    .normalize('NFC');
}

/** What is only found as a whole: words with their joints, dashes and signs. */
function identifiers(chunk: string): string[] {
  const isOption = /^-+\p{L}/u.test(chunk);
  const bare = chunk.replace(/^-+/, '');
  const isJoined = joints.test(bare) || /[+#]$/.test(bare);
  if (!isOption && !isJoined) return [];
  return [...(isOption ? [lowerCase(chunk)] : []), ...(isJoined ? [lowerCase(bare)] : [])];
}

/** A word, and the words that it is written of in one: `readFile` is `readfile`, `read`, `file`. */
function partsOf(word: string): string[] {
  const bare = word.replace(/[+#]+$/, '');
  if (unspaced.test(bare)) return [...bare.matchAll(scripts)].flatMap(pairsOf);
  const lower = lowerCase(bare);
  // Most words are lower case already, or begin with their only capital.
  if (bare.slice(1) === lower.slice(1)) return [lower];
  const parts = bare.split(humps);
  return parts.length === 1 ? [lower] : [lower, ...parts.map(lowerCase)];
}

/** Pairs of neighbours, where a piece is of a script without spaces; a single character is a token itself. */
function pairsOf({ 0: piece, groups }: RegExpMatchArray): string[] {
  if (groups?.bigrams === undefined) return [lowerCase(piece)];
  const characters = Array.from(piece);
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
}

/** One small letter for each capital: Greek has two for one, by its place. */
function lowerCase(word: string): string {
  return word.toLowerCase().replaceAll('ς', 'σ');
}

/** The stem of a word; nothing for a stop word. */
function reduceWith({ stopWords, stem }: LanguageRules): (word: string) => string {
  const stopped = new Set(stopWords.flatMap(createTokenizer()));
  const stems = new Map<string, string>();
  return (word) => {
    const known = stems.get(word);
    if (known !== undefined) return known;
    // A version or a hash has no endings.
    const hasEnding = /^\p{L}+$/u.test(word) && word.length <= longest;
    const reduced = stopped.has(word) ? '' : hasEnding ? stem(word) : word;
    if (stems.size === mostStems) stems.clear();
    stems.set(word, reduced);
    return reduced;
  };
}
