import type { Answer, PassageResponse, SettingsResponse, Source } from '../server/api-types.ts';
import { headsOf, showAnswers } from './answer-list.ts';
import { ask, Latest, showComplaints } from './api.ts';
import { CodesView } from './codes-view.ts';
import { byId } from './dom.ts';
import { count } from './format.ts';
import { IndexView } from './index-view.ts';
import { listenToKeys, shownColumns } from './keyboard.ts';
import { SearchView } from './search-view.ts';
import type { State, View } from './state.ts';
import { readState, views, writeState } from './state.ts';

/** While somebody types. */
const typingWait = 120;
/** Answers that take longer are announced. */
const slowMilliseconds = 400;

const question = byId<HTMLInputElement>('question');
const status = byId('status');
const alert = byId('alert');
const answering = new Latest();

let state: State = readState();

showComplaints((message) => {
  alert.textContent = message;
  alert.hidden = false;
  document.body.removeAttribute('aria-busy');
});
listenToKeys(question);
document.querySelector('.skip')?.addEventListener('click', (event) => {
  // The address keeps what is looked at.
  event.preventDefault();
  question.focus();
});
new Latest().run(async (signal) => {
  open(await ask<SettingsResponse>('settings', {}, { signal }));
});

/** Builds the views for what is served now. */
function open(settings: SettingsResponse): void {
  for (const view of views) byId(view).replaceChildren();
  const search = new SearchView(byId('search'), (way) => change({ way }));
  const codes = new CodesView(byId('codes'), settings, (chosen) => change(chosen, 120));
  const index = new IndexView(byId('index'), {
    folders: settings.folders,
    onFile: openFile,
    onRefresh: reopen,
  });
  const names = settings.folders.map(({ name }) => name).join(', ');
  byId('served').textContent = `${names} · ${count(settings.passages, 'passage')}`;
  document.title = `${names}: bitryoshka`;
  question.maxLength = settings.limits.question;
  question.placeholder = `Ask ${names}`;
  search.welcome(settings);
  let found: readonly Answer[] = [];

  const controller = new AbortController();
  const { signal } = controller;
  question.addEventListener('input', () => change({ question: question.value }, typingWait), {
    signal,
  });
  byId('ask').addEventListener(
    'submit',
    (event) => {
      event.preventDefault();
      answer(0, () => shownColumns()[0]?.[0]?.focus());
    },
    { signal },
  );
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    link.addEventListener(
      'click',
      (event) => {
        event.preventDefault();
        change({ view: link.dataset.view as View });
      },
      { signal },
    );
  }
  window.addEventListener('popstate', () => restore(), { signal });
  restore();
  if (state.view !== 'index') question.focus();

  function reopen(read: SettingsResponse): void {
    controller.abort();
    index.hide();
    open(read);
  }

  function restore(): void {
    state = readState();
    question.value = state.question;
    codes.choose({
      ...(state.bits !== undefined && { bits: state.bits }),
      ...(state.rerank !== undefined && { rerank: state.rerank }),
    });
    show(0);
  }

  function change(changed: Partial<State>, wait = 0): void {
    state = { ...state, ...changed };
    writeState(state, changed.view !== undefined);
    show(wait);
  }

  /** Shows the view, and the answers in it. */
  function show(wait: number): void {
    for (const view of views) byId(view).hidden = view !== state.view;
    for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
      if (link.dataset.view === state.view) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    byId('ask').hidden = state.view === 'index';
    search.choose(state.way);
    if (state.view === 'codes') codes.measure();
    if (state.view === 'index') {
      answering.stop();
      status.textContent = '';
      index.ring(found);
      index.show();
      return;
    }
    index.hide();
    answer(wait);
  }

  /** @param then once there are answers */
  function answer(wait: number, then = () => {}): void {
    const asked = { ...state, question: state.question.trim() };
    alert.hidden = true;
    if (asked.question === '') {
      answering.stop();
      search.clear();
      codes.clear();
      status.textContent = '';
      found = [];
      document.body.removeAttribute('aria-busy');
      return;
    }
    document.body.setAttribute('aria-busy', 'true');
    answering.run(async (each) => {
      const slow = window.setTimeout(() => {
        status.textContent = asked.view === 'codes' ? 'Learning codes …' : 'Searching …';
      }, slowMilliseconds);
      each.addEventListener('abort', () => window.clearTimeout(slow));
      try {
        if (asked.view === 'codes') {
          status.textContent = (await codes.show(asked.question, each)).status;
        } else {
          const shown = await search.show(asked, settings, each);
          status.textContent = shown.status;
          found = shown.found;
        }
        then();
      } finally {
        window.clearTimeout(slow);
        if (!each.aborted) document.body.removeAttribute('aria-busy');
      }
    }, wait);
  }

  /** The first passage of a file, opened, where answers are shown. */
  function openFile({ folder, first }: Source): void {
    answering.run(async (each) => {
      const passage = await ask<PassageResponse>(
        'passage',
        { folder, id: first },
        { signal: each },
      );
      question.value = '';
      state = { ...state, view: 'search', question: '' };
      writeState(state, true);
      show(0);
      const list = byId('search').querySelector<HTMLOListElement>('ol.answers') as HTMLOListElement;
      showAnswers(list, { answers: [passage], isOfSeveralFolders: settings.folders.length > 1 });
      const [head] = headsOf(list);
      head?.click();
      head?.focus();
    });
  }
}
