import type {
  CodeSettings,
  ComparisonResponse,
  QualityResponse,
  SettingsResponse,
} from '../server/api-types.ts';
import type { Mark } from './answer-list.ts';
import { showAnswers } from './answer-list.ts';
import { ask, Latest } from './api.ts';
import { element } from './dom.ts';
import { bytes, count, inGroups, milliseconds, percent } from './format.ts';
import { RankLines } from './rank-lines.ts';

/** While a slider moves. */
const sliderWait = 120;

interface Slider {
  readonly input: HTMLInputElement;
  readonly output: HTMLOutputElement;
  readonly values: readonly number[];
  readonly unit: string;
}

/** Floats and codes side by side, and what a length and a depth find and cost. */
export class CodesView {
  readonly #section: HTMLElement;
  readonly #settings: SettingsResponse;
  readonly #onChange: (settings: CodeSettings) => void;
  readonly #bits: Slider;
  readonly #depth: Slider;
  readonly #facts: HTMLDListElement = element('dl', { class: 'facts', 'aria-live': 'polite' });
  readonly #table: HTMLTableElement = element('table', { class: 'recalls' });
  readonly #tableNote: HTMLParagraphElement = element('p', { class: 'hint' });
  readonly #all: HTMLButtonElement = element('button', {
    type: 'button',
    class: 'quiet',
    text: 'Measure all lengths',
  });
  readonly #float: HTMLOListElement = element('ol', {
    class: 'answers',
    id: 'float-answers',
    'aria-label': 'Passages found by float vectors',
  });
  readonly #codes: HTMLOListElement = element('ol', {
    class: 'answers',
    id: 'code-answers',
    'aria-label': 'Passages found by codes',
  });
  readonly #codesTitle: HTMLHeadingElement = element('h2', { text: 'Codes' });
  readonly #columns: HTMLDivElement = element('div', { class: 'columns', hidden: true });
  readonly #lines: RankLines;
  readonly #qualities: Map<number, QualityResponse> = new Map();
  readonly #measuring: Latest = new Latest();
  /** The length that is being measured. */
  #measured: number | undefined;
  #comparison: ComparisonResponse | undefined;

  constructor(
    section: HTMLElement,
    settings: SettingsResponse,
    onChange: (settings: CodeSettings) => void,
  ) {
    this.#section = section;
    this.#settings = settings;
    this.#onChange = onChange;
    const changed = () => this.#change();
    this.#bits = slider('bits', 'Bits of a code', { values: settings.bits, unit: 'bits', changed });
    this.#depth = slider('depth', 'Re-ranked with floats', {
      values: settings.depths,
      unit: 'passages',
      changed,
    });
    this.#lines = new RankLines(this.#float, this.#codes);
    this.#build();
  }

  /** @returns undefined where there are too few passages for codes */
  get settings(): CodeSettings | undefined {
    const [bits, rerank] = [chosenOf(this.#bits), chosenOf(this.#depth)];
    return bits === undefined || rerank === undefined ? undefined : { bits, rerank };
  }

  /** Moves the sliders; lengths and depths that there are not are the defaults. */
  choose(wanted: Partial<CodeSettings>): void {
    const { defaults } = this.#settings;
    if (!defaults) return;
    move(this.#bits, wanted.bits, defaults.bits);
    move(this.#depth, wanted.rerank, defaults.rerank);
    this.#show();
  }

  clear(): void {
    this.#comparison = undefined;
    this.#columns.hidden = true;
    this.#show();
  }

  /** Measures codes of the chosen length, unless that is known. */
  measure(): void {
    const bits = chosenOf(this.#bits);
    if (bits === undefined || this.#qualities.has(bits) || bits === this.#measured) return;
    this.#measured = bits;
    this.#measuring.run((signal) => this.#measureLengths([bits], signal), sliderWait);
  }

  async #measureLengths(lengths: readonly number[], signal: AbortSignal): Promise<void> {
    try {
      for (const bits of lengths) {
        if (this.#qualities.has(bits)) continue;
        this.#measured = bits;
        this.#qualities.set(bits, await ask<QualityResponse>('quality', { bits }, { signal }));
        this.#show();
      }
    } finally {
      // Unless another length has taken its place.
      if (!signal.aborted) {
        this.#measured = undefined;
        this.#all.disabled = false;
      }
    }
  }

  /** @returns what there is to say of it */
  async show(question: string, signal: AbortSignal): Promise<{ readonly status: string }> {
    const { settings } = this;
    if (!settings) return { status: '' };
    const comparison = await ask<ComparisonResponse>(
      'compare',
      { q: question, ...settings },
      { signal },
    );
    this.#comparison = comparison;
    const { float, codes, floatPlaces } = comparison;
    const isOfSeveralFolders = this.#settings.folders.length > 1;
    showAnswers(this.#float, {
      answers: float,
      isOfSeveralFolders,
      marks: float.map((_, i) => markOfFloat(floatPlaces.indexOf(i + 1), i)),
    });
    showAnswers(this.#codes, {
      answers: codes,
      isOfSeveralFolders,
      marks: floatPlaces.map((place, i) => markOfCode(place, i)),
    });
    this.#columns.hidden = false;
    this.#lines.draw(floatPlaces);
    this.#show();
    const found = floatPlaces.filter((place) => place !== null).length;
    const moved = floatPlaces.filter((place, i) => place !== null && place !== i + 1).length;
    const places = moved === 0 ? 'all in their places' : `${moved} in other places`;
    return {
      status: `Codes of ${comparison.bits} bits found ${found} of the float search's ${float.length} passages, ${places}.`,
    };
  }

  #build(): void {
    const { defaults, passages, bytesPerVector, isExact } = this.#settings;
    if (!defaults) {
      this.#section.append(
        element('p', {
          class: 'note',
          text: `${count(passages, 'passage')}: too few to learn codes from. Every search compares all float vectors (${bytes(bytesPerVector)} each), and is exact.`,
        }),
      );
      return;
    }
    this.#all.addEventListener('click', () => {
      this.#all.disabled = true;
      this.#measuring.run((signal) => this.#measureLengths(this.#settings.bits, signal));
    });
    const exact =
      isExact &&
      element('p', {
        class: 'note',
        text: `For ${count(passages, 'passage')} the index of this folder compares all float vectors, which is quick enough: codes are shown here for what they would find.`,
      });
    this.#columns.append(
      element('div', {}, element('h2', { text: 'Float' }), this.#float),
      this.#lines.drawing,
      element('div', {}, this.#codesTitle, this.#codes),
    );
    this.#section.append(
      ...(exact ? [exact] : []),
      element(
        'div',
        { class: 'panel' },
        element('div', { class: 'sliders' }, field(this.#bits), field(this.#depth), this.#facts),
        element(
          'div',
          { class: 'measured' },
          element('div', { class: 'wide' }, this.#table),
          this.#tableNote,
          this.#all,
        ),
      ),
      this.#columns,
    );
  }

  #change(): void {
    this.#show();
    this.measure();
    const { settings } = this;
    if (settings) this.#onChange(settings);
  }

  #show(): void {
    const { settings } = this;
    if (!settings) return;
    for (const each of [this.#bits, this.#depth]) showValue(each);
    this.#codesTitle.textContent = `Codes of ${settings.bits} bits`;
    this.#showFacts(settings);
    this.#showTable(settings);
  }

  #showFacts({ bits, rerank }: CodeSettings): void {
    const quality = this.#qualities.get(bits);
    const { bytesPerVector, passages } = this.#settings;
    const measured = quality?.depths.find((each) => each.rerank === rerank);
    const codeBytes = quality?.bytesPerPassage;
    const isCurrent = this.#comparison?.bits === bits && this.#comparison.rerank === rerank;
    const comparison = isCurrent ? this.#comparison : undefined;
    const found = comparison?.floatPlaces.filter((place) => place !== null).length;
    const times = codeBytes === undefined ? '' : `, ${Math.round(bytesPerVector / codeBytes)} ×`;
    const floats = `floats: ${bytes(bytesPerVector)}${times}`;
    const fact = (name: string, value: string, detail: string) =>
      element(
        'div',
        {},
        element('dt', { text: name }),
        element('dd', { class: 'value', text: value }),
        element('dd', { class: 'detail', text: detail }),
      );
    this.#facts.replaceChildren(
      fact(
        'Recall',
        measured ? percent(measured.recall) : '…',
        found === undefined
          ? 'of the ten nearest by float'
          : `this question: ${found} of ${comparison?.float.length}`,
      ),
      fact(
        'Time',
        measured ? milliseconds(measured.milliseconds) : '…',
        quality ? `floats: ${milliseconds(quality.float.milliseconds)}` : 'a question',
      ),
      fact(
        'Memory',
        codeBytes === undefined ? '…' : `${bytes(codeBytes)} a passage`,
        rerank === 0
          ? `${floats}; none is read`
          : `${floats}; ${inGroups(rerank)} of ${inGroups(passages)} are read`,
      ),
    );
  }

  #showTable({ bits, rerank }: CodeSettings): void {
    const { bits: lengths, depths } = this.#settings;
    const head = element(
      'tr',
      {},
      element('th', { scope: 'col', text: 'bits' }),
      ...depths.map((depth) => element('th', { scope: 'col', text: inGroups(depth) })),
    );
    const rows = lengths.map((length) => {
      const quality = this.#qualities.get(length);
      const cells = depths.map((depth) => {
        const recall = quality?.depths.find((each) => each.rerank === depth)?.recall;
        const isChosen = length === bits && depth === rerank;
        const label = recall === undefined ? '·' : percent(recall, 0).replace(' %', '');
        const cell = `${length} bits, ${depth} re-ranked`;
        const button = element('button', {
          type: 'button',
          tabindex: isChosen ? '0' : '-1',
          text: label,
          'aria-pressed': String(isChosen),
          'aria-label': recall === undefined ? `${cell}: not measured yet` : `${label} %: ${cell}`,
        });
        if (recall !== undefined) button.style.setProperty('--share', String(recall));
        button.addEventListener('click', () => {
          this.choose({ bits: length, rerank: depth });
          this.#change();
        });
        return element('td', {}, button);
      });
      return element('tr', {}, element('th', { scope: 'row', text: String(length) }), ...cells);
    });
    this.#table.replaceChildren(
      element('caption', { text: 'Recall, %: bits of a code by passages re-ranked' }),
      element('thead', {}, head),
      element('tbody', {}, ...rows),
    );
    const quality = this.#qualities.get(bits);
    this.#all.hidden = lengths.every((length) => this.#qualities.has(length));
    this.#tableNote.textContent = quality
      ? `Of the ten nearest by float, by mean over ${count(quality.questions, 'heading')} of these folders as questions. A length is learned (ITQ) and measured when it is first chosen.`
      : `Learning codes of ${bits} bits from ${inGroups(this.#settings.passages)} passages, and measuring them …`;
  }
}

function slider(
  id: string,
  name: string,
  {
    values,
    unit,
    changed,
  }: { readonly values: readonly number[]; readonly unit: string; readonly changed: () => void },
): Slider {
  const input = element('input', {
    type: 'range',
    id,
    min: 0,
    max: Math.max(0, values.length - 1),
    step: 1,
    'aria-label': name,
  });
  input.addEventListener('input', changed);
  return { input, values, unit, output: element('output', { for: id }) };
}

function field({ input, output }: Slider): HTMLElement {
  const name = input.getAttribute('aria-label') ?? '';
  return element(
    'div',
    { class: 'field' },
    element('label', { for: input.id, text: name }),
    output,
    input,
  );
}

function chosenOf({ input, values }: Slider): number | undefined {
  return values[Number(input.value)];
}

function move({ input, values }: Slider, wanted: number | undefined, otherwise: number): void {
  const at = wanted === undefined ? -1 : values.indexOf(wanted);
  input.value = String(at < 0 ? values.indexOf(otherwise) : at);
}

function showValue(each: Slider): void {
  const value = chosenOf(each);
  const text = value === 0 ? 'none' : `${value} ${each.unit}`;
  each.output.textContent = text;
  each.input.setAttribute('aria-valuetext', text);
}

/** @param at where the codes have it; -1 where they have not */
function markOfFloat(at: number, place: number): Mark {
  if (at < 0) return { kind: 'missed', text: 'missed', spoken: 'missed by the codes' };
  if (at === place) return { kind: 'same', text: '=', spoken: 'same place in codes' };
  const kind = at < place ? 'up' : 'down';
  return { kind, text: `→ ${at + 1}`, spoken: `place ${at + 1} in codes` };
}

/** @param place among the floats, counted from 1 */
function markOfCode(place: number | null, i: number): Mark {
  if (place === null) return { kind: 'new', text: 'new', spoken: 'not among the float answers' };
  const by = place - 1 - i;
  if (by === 0) return { kind: 'same', text: '=', spoken: 'same place as float' };
  return by > 0
    ? { kind: 'up', text: `▲ ${by}`, spoken: `float has it at place ${place}` }
    : { kind: 'down', text: `▼ ${-by}`, spoken: `float has it at place ${place}` };
}
