import type {
  Answer,
  FolderHealth,
  HealthResponse,
  MapResponse,
  SettingsResponse,
  Source,
  SourcesResponse,
} from '../server/api-types.ts';
import { ask, Latest } from './api.ts';
import { mapView, ringFiles } from './document-map-view.ts';
import { element } from './dom.ts';
import { bytes, count, inGroups, percent } from './format.ts';

const pageLength = 25;

/** How the index does, where its files lie, and which they are. */
export class IndexView {
  readonly #health: HTMLDivElement = element('div', { class: 'cards', 'aria-live': 'polite' });
  readonly #map: HTMLDivElement = element('div', {});
  readonly #rows: HTMLTableSectionElement = element('tbody', {});
  readonly #more: HTMLButtonElement = element('button', { type: 'button', hidden: true });
  readonly #again: HTMLButtonElement = element('button', {
    type: 'button',
    text: 'Read the folders again',
  });
  readonly #loading: Latest = new Latest();
  readonly #paging: Latest = new Latest();
  readonly #refreshing: Latest = new Latest();
  readonly #onFile: (file: Source) => void;
  readonly #isOfSeveralFolders: boolean;
  #found: ReadonlySet<string> = new Set();

  constructor(
    section: HTMLElement,
    {
      folders,
      onFile,
      onRefresh,
    }: Pick<SettingsResponse, 'folders'> & {
      readonly onFile: (file: Source) => void;
      readonly onRefresh: (settings: SettingsResponse) => void;
    },
  ) {
    this.#onFile = onFile;
    this.#isOfSeveralFolders = folders.length > 1;
    this.#again.addEventListener('click', () => this.#refresh(onRefresh));
    this.#more.addEventListener('click', () => this.#paging.run((signal) => this.#page(signal)));
    const head = ['file', 'passages'].map((text) => element('th', { scope: 'col', text }));
    section.append(
      this.#health,
      this.#map,
      element(
        'div',
        { class: 'card wide-card' },
        element('h2', { text: 'Sources' }),
        element(
          'div',
          { class: 'wide' },
          element(
            'table',
            { class: 'sources' },
            element('thead', {}, element('tr', {}, ...head)),
            this.#rows,
          ),
        ),
        this.#more,
      ),
    );
  }

  /** Shows what there is, then measures what takes longer. */
  show(): void {
    this.#loading.run(async (signal) => {
      this.#health.replaceChildren(element('p', { class: 'hint', text: 'Measuring the index …' }));
      this.#rows.replaceChildren();
      await this.#page(signal);
      const { folders } = await ask<HealthResponse>('health', {}, { signal });
      this.#health.replaceChildren(...folders.map((folder) => healthCard(folder)), this.#again);
      this.#map.replaceChildren(
        element('p', { class: 'card wide-card hint', text: 'Drawing the map …' }),
      );
      const map = await ask<MapResponse>('map', {}, { signal });
      this.#map.replaceChildren(mapView(map, (point) => this.#onFile(point)));
      ringFiles(this.#map, this.#found);
    });
  }

  /** Nothing more is measured. */
  hide(): void {
    this.#loading.stop();
  }

  ring(answers: readonly Answer[]): void {
    this.#found = new Set(answers.map(({ folder, source }) => `${folder}/${source}`));
    ringFiles(this.#map, this.#found);
  }

  async #page(signal: AbortSignal): Promise<void> {
    const offset = this.#rows.childElementCount;
    const { total, sources } = await ask<SourcesResponse>(
      'sources',
      { offset, limit: pageLength },
      { signal },
    );
    this.#rows.append(...sources.map((source) => this.#row(source)));
    const left = total - offset - sources.length;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show more (${inGroups(left)} left)`;
  }

  #row(source: Source): HTMLTableRowElement {
    const file = this.#isOfSeveralFolders ? `${source.folder}/${source.source}` : source.source;
    const open = element('button', { type: 'button', class: 'link', text: file });
    open.addEventListener('click', () => this.#onFile(source));
    return element(
      'tr',
      {},
      element('td', {}, open),
      element('td', { text: inGroups(source.passages) }),
    );
  }

  #refresh(onRefresh: (settings: SettingsResponse) => void): void {
    this.#again.disabled = true;
    this.#again.textContent = 'Reading …';
    this.#refreshing.run(async (signal) => {
      try {
        onRefresh(await ask<SettingsResponse>('refresh', {}, { signal, method: 'POST' }));
      } finally {
        this.#again.disabled = false;
        this.#again.textContent = 'Read the folders again';
      }
    });
  }
}

function healthCard({ folder, path, files, changes, skipped, index }: FolderHealth): HTMLElement {
  const { quantizer, depth, drift, recall, questions, advice } = index;
  const codes = quantizer
    ? `${quantizer.bits} bits, ${quantizer.kind}`
    : 'none: all vectors are compared';
  const facts: [name: string, value: string][] = [
    ['passages', `${inGroups(index.documents)} of ${count(files, 'file')}`],
    ['index', `${index.index}${depth?.rerank === undefined ? '' : `, re-ranks ${depth.rerank}`}`],
    ['codes', codes],
    [
      'recall',
      recall === undefined
        ? 'too few passages to tell'
        : `${percent(recall)} of the ten nearest (wanted: ${percent(index.targetRecall, 0)})`,
    ],
    ['drift', driftText(index)],
    ['on disk since', changesText(changes)],
    [
      'memory',
      `vectors ${bytes(index.bytes.vectors)}, codes ${bytes(index.bytes.codes)}, links ${bytes(index.bytes.links)}, words ${bytes(index.bytes.words)}`,
    ],
    ['questions asked', inGroups(questions)],
  ];
  if (skipped !== '') facts.push(['left out', skipped]);
  const isChanged = changes.added + changes.changed + changes.gone > 0;
  const isWell = advice.length === 0 && !isChanged && (drift?.recommendation ?? 'none') === 'none';
  const state = isWell ? 'well' : drift?.recommendation === 'refit' ? 'act' : 'watch';
  const words = { well: 'all well', watch: 'watch', act: 'refit' };
  const hints = [
    ...(isChanged ? ['Files have changed since they were read: read the folders again.'] : []),
    ...advice,
  ];
  return element(
    'div',
    { class: 'card' },
    element(
      'h2',
      {},
      element('span', { text: folder }),
      element('span', { class: `state ${state}`, text: words[state] }),
    ),
    element('p', { class: 'hint path', text: path }),
    element(
      'dl',
      { class: 'pairs' },
      ...facts.flatMap(([name, value]) => [
        element('dt', { text: name }),
        element('dd', { text: value }),
      ]),
    ),
    hints.length > 0 &&
      element('ul', { class: 'advice' }, ...hints.map((text) => element('li', { text }))),
  );
}

function driftText({ drift, quantizer }: FolderHealth['index']): string {
  if (drift)
    return `${drift.score.toFixed(2)} (${drift.recommendation}), ${count(drift.added, 'passage')} since the fit`;
  return quantizer ? 'too few passages since the fit to tell' : 'no codes that could fit worse';
}

function changesText({ added, changed, gone }: FolderHealth['changes']): string {
  const parts = [
    added > 0 && `${added} new`,
    changed > 0 && `${changed} changed`,
    gone > 0 && `${gone} gone`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'nothing has changed' : `${parts.join(', ')}`;
}
