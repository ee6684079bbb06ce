import { BitryoshkaError } from '@bitryoshka/core';
import { stemmer as stemDutch } from '@orama/stemmers/dutch';
import { stemmer as stemEnglish } from '@orama/stemmers/english';
import { stemmer as stemFrench } from '@orama/stemmers/french';
import { stemmer as stemGerman } from '@orama/stemmers/german';
import { stemmer as stemItalian } from '@orama/stemmers/italian';
import { stemmer as stemPortuguese } from '@orama/stemmers/portuguese';
import { stemmer as stemSpanish } from '@orama/stemmers/spanish';
import { stopwords as dutch } from '@orama/stopwords/dutch';
import { stopwords as english } from '@orama/stopwords/english';
import { stopwords as french } from '@orama/stopwords/french';
import { stopwords as german } from '@orama/stopwords/german';
import { stopwords as italian } from '@orama/stopwords/italian';
import { stopwords as portuguese } from '@orama/stopwords/portuguese';
import { stopwords as spanish } from '@orama/stopwords/spanish';

/** What is known of a language. */
export interface LanguageRules {
  /** Words that say nothing of what a text is about. */
  readonly stopWords: readonly string[];
  /** Takes endings off a word: `dependencies` and `dependency` become one. */
  readonly stem: (word: string) => string;
}

/** Of which stop words and endings are known; `none`: words count as they are. */
export type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'pt' | 'nl' | 'none';

const rules: Record<Exclude<Language, 'none'>, LanguageRules> = {
  en: { stopWords: english, stem: stemEnglish },
  de: { stopWords: german, stem: stemGerman },
  fr: { stopWords: french, stem: stemFrench },
  es: { stopWords: spanish, stem: stemSpanish },
  it: { stopWords: italian, stem: stemItalian },
  pt: { stopWords: portuguese, stem: stemPortuguese },
  nl: { stopWords: dutch, stem: stemDutch },
};

/** @throws BitryoshkaError `invalid-option` */
export function languageRules(language: Language): LanguageRules | undefined {
  if (language === 'none') return undefined;
  if (Object.hasOwn(rules, language)) return rules[language];
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `language: got ${JSON.stringify(language)}, expected one of ${Object.keys(rules).join(', ')}, none.`,
    remedy: 'Choose one of these, or pass a function as `tokenize`.',
  });
}
