import { headsOf } from './answer-list.ts';

/**
 * `/` goes to the question; arrows go through answers, and between two columns; Escape closes an answer, then goes
 * back to the question, then empties it. Enter opens by itself: answers are buttons.
 */
export function listenToKeys(question: HTMLInputElement): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { key, target } = event;
    const isHandled =
      key === '/'
        ? goToQuestion(target, question)
        : key === 'Escape'
          ? stepBack(target, question)
          : move(key, target, question);
    if (isHandled) event.preventDefault();
  });
}

function goToQuestion(target: EventTarget | null, question: HTMLInputElement): boolean {
  if (isTyping(target)) return false;
  question.focus();
  question.select();
  return true;
}

function stepBack(target: EventTarget | null, question: HTMLInputElement): boolean {
  if (target === question) {
    if (question.value === '') return false;
    question.value = '';
    question.dispatchEvent(new Event('input'));
    return true;
  }
  const answer = target instanceof Element ? target.closest('.answer') : null;
  const head = answer?.querySelector<HTMLButtonElement>('.head');
  if (head?.getAttribute('aria-expanded') === 'true') {
    head.click();
    head.focus();
    return true;
  }
  question.focus();
  return true;
}

function move(key: string, target: EventTarget | null, question: HTMLInputElement): boolean {
  const columns = shownColumns();
  if (target === question) {
    const first = columns[0]?.[0];
    // What is there answers another question while the page is busy: Enter asks this one first.
    const isGoing =
      key === 'ArrowDown' || (key === 'Enter' && !document.body.hasAttribute('aria-busy'));
    if (isGoing) first?.focus();
    return isGoing && first !== undefined;
  }
  if (!(target instanceof HTMLButtonElement) || !target.classList.contains('head')) return false;
  const column = columns.findIndex((heads) => heads.includes(target));
  const at = columns[column]?.indexOf(target) ?? -1;
  const next = nextOf(key, { columns, column, at });
  if (next === 'question') question.focus();
  else next?.focus();
  return next !== undefined;
}

function nextOf(
  key: string,
  {
    columns,
    column,
    at,
  }: {
    readonly columns: readonly HTMLButtonElement[][];
    readonly column: number;
    readonly at: number;
  },
): HTMLButtonElement | 'question' | undefined {
  const heads = columns[column] ?? [];
  switch (key) {
    case 'ArrowDown':
      return heads[at + 1];
    case 'ArrowUp':
      return at === 0 ? 'question' : heads[at - 1];
    case 'Home':
      return heads[0];
    case 'End':
      return heads.at(-1);
    case 'ArrowLeft':
      return columns[column - 1]?.[at];
    case 'ArrowRight':
      return columns[column + 1]?.[at];
    default:
      return undefined;
  }
}

/** The answers of each list that is shown. */
export function shownColumns(): HTMLButtonElement[][] {
  return [...document.querySelectorAll<HTMLElement>('section:not([hidden]) ol.answers')].map(
    headsOf,
  );
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type === 'search';
  return target instanceof HTMLElement && target.isContentEditable;
}
