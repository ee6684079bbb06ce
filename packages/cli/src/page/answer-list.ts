import type { Answer, PassageKey, PassageResponse } from '../server/api-types.ts';
import { ask, Latest } from './api.ts';
import { element } from './dom.ts';
import { place } from './format.ts';

/** What is said of an answer beside its place: seen and read out. */
export interface Mark {
  readonly kind: 'same' | 'up' | 'down' | 'new' | 'missed';
  readonly text: string;
  readonly spoken: string;
}

export interface AnswerListOptions {
  readonly answers: readonly Answer[];
  readonly isOfSeveralFolders: boolean;
  /** What words of the question are marked; none where words have no say. */
  readonly question?: string;
  readonly marks?: readonly Mark[];
}

/** Files that are read for what they say; others for how they are written. */
const prose = /(?:\.(?:md|mdx|markdown|txt|rst|adoc|html?)|(?:^|\/)[^.]+)$/i;

let made = 0;

/** Shows answers, best first; each opens to its place in the file. */
export function showAnswers(list: HTMLOListElement, options: AnswerListOptions): void {
  const pattern = wordPattern(options.question ?? '');
  list.replaceChildren(
    ...options.answers.map((answer, i) => item(answer, { ...options, pattern, rank: i })),
  );
}

/** The buttons that open the answers of a list. */
export function headsOf(list: HTMLElement): HTMLButtonElement[] {
  return [...list.querySelectorAll<HTMLButtonElement>('.head')];
}

function item(
  answer: Answer,
  {
    rank,
    marks,
    pattern,
    isOfSeveralFolders,
  }: AnswerListOptions & { readonly rank: number; readonly pattern: RegExp | undefined },
): HTMLLIElement {
  const opened = `opened-${made++}`;
  const mark = marks?.[rank];
  const [file, line] = splitLine(place(answer, isOfSeveralFolders));
  const head = element(
    'button',
    { type: 'button', class: 'head', 'aria-expanded': 'false', 'aria-controls': opened },
    element('span', { class: 'rank', text: String(rank + 1) }),
    element(
      'span',
      { class: 'where' },
      element('span', { class: 'file' }, ...breakable(file)),
      line !== '' && element('span', { class: 'line', text: line }),
    ),
    mark &&
      element(
        'span',
        { class: `mark ${mark.kind}` },
        element('span', { 'aria-hidden': 'true', text: mark.text }),
        element('span', { class: 'unseen', text: mark.spoken }),
      ),
    answer.score !== null && element('span', { class: 'score', text: answer.score.toFixed(3) }),
  );
  const headings = answer.headings.join(' › ');
  const isProse = prose.test(answer.source);
  const excerpt = element(
    'p',
    { class: isProse ? 'excerpt' : 'excerpt code' },
    ...marked(isProse ? flatten(answer.text) : unindent(answer.text), pattern),
  );
  const context = element('div', { class: 'context', id: opened, hidden: true });
  const li = element(
    'li',
    { class: 'answer', 'data-key': keyOf(answer) },
    head,
    headings !== '' && element('p', { class: 'headings', text: headings }),
    excerpt,
    context,
  );
  const latest = new Latest();
  head.addEventListener('click', () => {
    const isOpen = head.getAttribute('aria-expanded') === 'true';
    head.setAttribute('aria-expanded', String(!isOpen));
    li.classList.toggle('open', !isOpen);
    context.hidden = isOpen;
    if (isOpen) latest.stop();
    else latest.run((signal) => showPassage(context, answer, signal));
  });
  return li;
}

function keyOf({ folder, id }: PassageKey): string {
  return `${folder}/${id}`;
}

/** The passage among the lines around it, and the way to its neighbours. */
async function showPassage(
  into: HTMLElement,
  { folder, id }: PassageKey,
  signal: AbortSignal,
): Promise<void> {
  const passage = await ask<PassageResponse>('passage', { folder, id }, { signal });
  const { context, lines, others, previous, next, isOutdated } = passage;
  const step = (key: PassageKey | null, text: string) => {
    const button = element('button', { type: 'button', text, disabled: key === null });
    button.addEventListener('click', () => {
      if (key === null) return;
      latest.run(async (each) => {
        await showPassage(into, key, each);
        into.querySelector<HTMLElement>('.lines')?.focus();
      });
    });
    return button;
  };
  const latest = new Latest();
  const range = `lines ${lines.from}–${lines.to}`;
  into.replaceChildren(
    element(
      'p',
      { class: 'steps' },
      element('span', { text: `${passage.source}, ${range}` }),
      step(previous, '← Previous'),
      step(next, 'Next →'),
    ),
    ...(others.length > 0
      ? [
          element('p', {
            class: 'hint',
            text: `Also in ${others.map(({ source, line }) => `${source}:${line}`).join(', ')}.`,
          }),
        ]
      : []),
    ...(isOutdated
      ? [element('p', { class: 'note', text: 'The file has changed since it was read.' })]
      : []),
    context ? numbered(context, lines.from) : plain(passage.text),
  );
}

function numbered(
  { before, lines, after }: NonNullable<PassageResponse['context']>,
  from: number,
): HTMLElement {
  const above = before === '' ? [] : before.split('\n');
  const own = lines.split('\n');
  const below = after === '' ? [] : after.split('\n');
  const row = (text: string, number: number, isOwn: boolean) =>
    element(
      'span',
      { class: isOwn ? 'row own' : 'row' },
      element('span', { class: 'number', 'aria-hidden': 'true', text: String(number) }),
      `${text}\n`,
    );
  return element(
    'pre',
    { class: 'lines', tabindex: '-1' },
    ...above.map((text, i) => row(text, from - above.length + i, false)),
    ...own.map((text, i) => row(text, from + i, true)),
    ...below.map((text, i) => row(text, from + own.length + i, false)),
  );
}

function plain(text: string): HTMLElement {
  return element('pre', { class: 'lines plain', tabindex: '-1', text });
}

function splitLine(text: string): [file: string, line: string] {
  const [, file = text, line = ''] = /^(.*?)(:\d+)?$/.exec(text) ?? [];
  return [file, line];
}

/** A path that may go on in another line behind each slash. */
function breakable(path: string): (Node | string)[] {
  return path.split(/(?<=\/)/).flatMap((part) => [part, element('wbr')]);
}

/** Markdown without what only marks it up, in one line. */
function flatten(text: string): string {
  return text
    .replace(/^#+ |^\s*[-*] |^\|?[\s|:-]+\|?$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Said in most questions, and found in most passages. */
const common = new Set('does from have that this what when where which with your'.split(' '));

/** Code from its first line with a word on, the lines behind it not far from the left. */
function unindent(text: string): string {
  const lines = text.split('\n');
  const [first = '', ...rest] = lines.slice(lines.findIndex((line) => /\p{L}{2}/u.test(line)));
  const indents = rest.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const cut = Math.max(0, Math.min(...indents) - 2);
  return [first.trim(), ...rest.map((line) => line.slice(cut))].join('\n');
}

/** Words of the question from four letters on, and what begins with them. */
function wordPattern(question: string): RegExp | undefined {
  const words = question.match(/[\p{L}\p{N}_]{4,}/gu) ?? [];
  const stems = words
    .filter((word) => !common.has(word.toLowerCase()))
    .map((word) => word.replace(/(?<=.{3})(?:ing|ed|es|s)$/i, ''));
  if (stems.length === 0) return undefined;
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${stems.join('|')})[\\p{L}\\p{N}_]*`, 'giu');
}

function marked(text: string, pattern: RegExp | undefined): (Node | string)[] {
  if (!pattern) return [text];
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    parts.push(text.slice(end, index), element('mark', { text: found }));
    end = index + found.length;
  }
  return [...parts, text.slice(end)];
}
