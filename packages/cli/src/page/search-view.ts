import type { SearchResponse, SettingsResponse } from '../server/api-types.ts';
import { showAnswers } from './answer-list.ts';
import { ask } from './api.ts';
import { element } from './dom.ts';
import { count, milliseconds } from './format.ts';
import type { State } from './state.ts';

const ways: readonly (readonly [way: State['way'], name: string, hint: string])[] = [
  ['hybrid', 'Hybrid', 'By meaning and by words, as bitryoshka search answers.'],
  ['meaning', 'Meaning', 'By the vectors of the index.'],
  ['words', 'Words', 'By words alone (BM25).'],
  ['float', 'Float', 'By comparing all float vectors, without an index.'],
];

/** Passages that answer the question, found in one of four ways. */
export class SearchView {
  readonly #list: HTMLOListElement = element('ol', { class: 'answers', 'aria-label': 'Passages' });
  readonly #hint: HTMLParagraphElement = element('p', { class: 'hint' });
  readonly #welcome: HTMLDivElement = element('div', { class: 'welcome' });
  readonly #choices: Map<State['way'], HTMLInputElement> = new Map();

  constructor(section: HTMLElement, onWay: (way: State['way']) => void) {
    const choices = ways.map(([way, name]) => {
      const input = element('input', { type: 'radio', name: 'way', value: way });
      input.addEventListener('change', () => onWay(way));
      this.#choices.set(way, input);
      return element('label', {}, input, element('span', { class: 'choice', text: name }));
    });
    const legend = element('legend', { class: 'unseen', text: 'How passages are found' });
    section.append(
      element(
        'div',
        { class: 'bar' },
        element('fieldset', { class: 'choices' }, legend, ...choices),
        this.#hint,
      ),
      this.#list,
      this.#welcome,
    );
  }

  welcome({ folders, passages }: SettingsResponse): void {
    this.#welcome.replaceChildren(
      element('p', {
        text: `${count(passages, 'passage')} of ${folders.map(({ name }) => name).join(', ')}, searched on this machine.`,
      }),
      element('p', {
        class: 'hint',
        text: 'Ask in a sentence, or type names and options: both are found. Codes shows what binary codes find of it, Index how the index does.',
      }),
    );
  }

  choose(way: State['way']): void {
    (this.#choices.get(way) as HTMLInputElement).checked = true;
    this.#hint.textContent = ways.find(([each]) => each === way)?.[2] ?? '';
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#welcome.hidden = false;
  }

  /** @returns what there is to say of it, and which passages were found */
  async show(
    { question, way }: State,
    settings: SettingsResponse,
    signal: AbortSignal,
  ): Promise<{ readonly status: string; readonly found: SearchResponse['answers'] }> {
    const found = await ask<SearchResponse>('search', { q: question, way }, { signal });
    const { answers } = found;
    this.#welcome.hidden = true;
    showAnswers(this.#list, {
      answers,
      isOfSeveralFolders: settings.folders.length > 1,
      ...(way === 'hybrid' || way === 'words' ? { question } : {}),
    });
    const status =
      answers.length === 0
        ? way === 'words'
          ? 'No passage has one of these words.'
          : 'No passage was found.'
        : `${count(answers.length, 'passage')} in ${milliseconds(found.milliseconds)}`;
    return { status, found: answers };
  }
}
