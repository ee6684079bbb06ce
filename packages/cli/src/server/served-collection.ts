import type { Matrix, ScoredRow, TaskOptions } from '@bitryoshka/core';
import { normalizeRows } from '@bitryoshka/core';
import type { BinaryVectorStore } from '@bitryoshka/langchain';
import type { Document } from '@langchain/core/documents';
import { findPassages } from '../library/find-passages.ts';
import type { PassageMetadata, Place } from '../library/folder-library.ts';
import { countReasons } from '../library/folder-library.ts';
import type {
  Answer,
  CodeSettings,
  ComparisonResponse,
  HealthResponse,
  MapResponse,
  PassageKey,
  PassageResponse,
  SearchResponse,
  SettingsResponse,
  SourcesResponse,
} from './api-types.ts';
import { CodeLengths } from './code-lengths.ts';
import { mapDocuments } from './document-map.ts';
import { contextOf, readSource } from './passage-lines.ts';
import type { ServedFolder } from './served-passages.ts';
import { ServedPassages } from './served-passages.ts';
import { SharedTask } from './shared-task.ts';

/** How a question is answered; code settings for `codes`. */
export type Asked = { readonly question: string; readonly k: number } & (
  | { readonly way: 'hybrid' | 'meaning' | 'words' | 'float' }
  | ({ readonly way: 'codes' } & CodeSettings)
);

interface Found {
  readonly row: number;
  readonly score: number | null;
}

/** Questions by which codes are measured. */
const mostQuestions = 200;
/** Other places of a passage that are named. */
const mostOthers = 20;

/** Folders as they were read, and everything that is asked of them. */
export class ServedCollection {
  readonly #passages: ServedPassages;
  readonly #codes: CodeLengths;
  readonly #map: SharedTask<MapResponse>;
  readonly #health: SharedTask<HealthResponse>;

  private constructor(passages: ServedPassages) {
    this.#passages = passages;
    this.#codes = new CodeLengths(passages, (task) => askHeadings(passages, task));
    this.#map = new SharedTask((signal) => mapDocuments(passages, { signal }));
    // Of many who ask at once, it takes as long as of one.
    this.#health = new SharedTask((signal) => this.#measureHealth(signal), { isKept: false });
  }

  static async of(
    folders: readonly ServedFolder[],
    task: TaskOptions = {},
  ): Promise<ServedCollection> {
    return new ServedCollection(await ServedPassages.of(folders, task));
  }

  get folders(): readonly ServedFolder[] {
    return this.#passages.folders;
  }

  get codes(): CodeLengths {
    return this.#codes;
  }

  settings(limits: SettingsResponse['limits']): SettingsResponse {
    const { folders, count, vectors } = this.#passages;
    return {
      folders: folders.map(({ name, library }) => ({ name, passages: library.passages })),
      passages: count,
      dimensions: vectors.dimensions,
      bytesPerVector: vectors.bytesPerVector,
      limits,
      bits: this.#codes.lengths,
      depths: this.#codes.depths,
      defaults: this.#codes.defaults ?? null,
      isExact: folders.every(({ library }) => library.store.stats().index === 'exact'),
    };
  }

  async search(asked: Asked, signal: AbortSignal): Promise<SearchResponse> {
    const { way, question, k } = asked;
    if (way === 'words') {
      const { found, milliseconds } = await this.#askIndexes(k, signal, (store) =>
        store.keywordSearchWithScore(question, k),
      );
      const unscored = found.map(({ row }) => ({ row, score: null }));
      return { way, milliseconds, answers: await this.#answers(unscored, signal) };
    }
    if (way === 'hybrid') {
      const start = performance.now();
      const answers = await this.#ask(question, k, signal);
      return { way, milliseconds: performance.now() - start, answers };
    }
    const query = await this.#embed(question, signal);
    const { found, milliseconds } =
      way === 'meaning'
        ? await this.#askIndexes(k, signal, (store) =>
            store.similaritySearchVectorWithScore(query, k),
          )
        : way === 'codes'
          ? await this.#codes.search(query, asked, signal)
          : timed(() => this.#codes.searchFloat(query, k));
    return { way, milliseconds, answers: await this.#answers(found, signal) };
  }

  /** What float vectors find, and what codes find of it. */
  async compare(
    { question, k, bits, rerank }: CodeSettings & { readonly question: string; readonly k: number },
    signal: AbortSignal,
  ): Promise<ComparisonResponse> {
    const query = await this.#embed(question, signal);
    const codes = await this.#codes.search(query, { k, bits, rerank }, signal);
    const float = timed(() => this.#codes.searchFloat(query, k));
    const places = this.#codes.placesOf(query, float.found, codes.found);
    return {
      bits,
      rerank,
      float: await this.#answers(float.found, signal),
      codes: await this.#answers(codes.found, signal),
      floatPlaces: places.map((place) => (place === undefined ? null : place + 1)),
      milliseconds: { float: float.milliseconds, codes: codes.milliseconds },
      isExhaustive: rerank >= this.#passages.count,
    };
  }

  /** @returns undefined for a passage that is not there */
  async passage(
    key: PassageKey,
    around: number,
    signal: AbortSignal,
  ): Promise<PassageResponse | undefined> {
    const row = this.#passages.row(key);
    if (row === undefined) return undefined;
    const [answer] = (await this.#answers([{ row, score: null }], signal)) as [Answer];
    const { path, library } = this.#passages.folder(key.folder);
    const file = await readSource(path, answer.source);
    const isOutdated = !(await library.isAsRead(answer.source));
    const rows = this.#passages.neighbours(row);
    const place = rows.indexOf(row);
    const keyAt = (at: number) => {
      const neighbour = rows[at];
      return neighbour === undefined ? null : this.#passages.key(neighbour);
    };
    const { lines } = answer;
    return {
      ...answer,
      isOutdated,
      context: file === undefined || isOutdated ? null : contextOf(file, lines, around),
      previous: keyAt(place - 1),
      next: keyAt(place + 1),
    };
  }

  health(signal: AbortSignal): Promise<HealthResponse> {
    return this.#health.result(signal);
  }

  async #measureHealth(signal: AbortSignal): Promise<HealthResponse> {
    const folders: HealthResponse['folders'][number][] = [];
    for (const { name, path, library } of this.#passages.folders) {
      folders.push({
        folder: name,
        path,
        files: library.files,
        changes: await library.changes({ signal }),
        skipped: countReasons(library.skipped),
        index: await library.store.health({ signal }),
      });
    }
    return { folders };
  }

  sources({ offset, limit }: { readonly offset: number; readonly limit: number }): SourcesResponse {
    const all = Array.from(this.#passages.sources(), ({ source }) => source);
    return { total: all.length, sources: all.slice(offset, offset + limit) };
  }

  map(signal: AbortSignal): Promise<MapResponse> {
    return this.#map.result(signal);
  }

  /** As `search` answers, the best of all folders. */
  async #ask(question: string, k: number, signal: AbortSignal): Promise<Answer[]> {
    const answers: (Answer & { readonly score: number })[] = [];
    for (const { name, library } of this.#passages.folders) {
      for (const passage of await findPassages(library, question, k, { signal })) {
        const { id, headings, text, score, others = [] } = passage;
        const places = placesOf([passage, ...others]);
        answers.push({ folder: name, id, ...places, headings, text, score });
      }
    }
    return answers.sort((a, b) => b.score - a.score).slice(0, k);
  }

  /** By the indexes of the folders; the best of all by their scores. */
  async #askIndexes(
    k: number,
    signal: AbortSignal,
    ask: (store: BinaryVectorStore) => Promise<[Document, number][]>,
  ): Promise<{ readonly found: Found[]; readonly milliseconds: number }> {
    const start = performance.now();
    const found: (Found & { readonly score: number })[] = [];
    for (const { name, library } of this.#passages.folders) {
      const answers = await ask(library.store);
      signal.throwIfAborted();
      for (const [{ id }, score] of answers) {
        const row = this.#passages.row({ folder: name, id: id as string });
        if (row !== undefined) found.push({ row, score });
      }
    }
    const best = found.sort((a, b) => b.score - a.score).slice(0, k);
    return { found: best, milliseconds: performance.now() - start };
  }

  /** All folders have one model. */
  async #embed(question: string, signal: AbortSignal): Promise<Float32Array> {
    const [folder] = this.#passages.folders as [ServedFolder];
    const vectors = await folder.library.embeddings.embedMatrix([question], 'query', { signal });
    return normalizeRows(vectors).data;
  }

  async #answers(found: readonly (Found | ScoredRow)[], signal: AbortSignal): Promise<Answer[]> {
    const documents = await this.#passages.documents(found.map(({ row }) => row));
    const answers: Answer[] = [];
    for (const [i, { row, score }] of found.entries()) {
      signal.throwIfAborted();
      const { pageContent, metadata } = documents[i] as Document<PassageMetadata>;
      answers.push({
        ...this.#passages.key(row),
        ...placesOf(this.#passages.places(row)),
        headings: metadata.headings,
        text: pageContent,
        score,
      });
    }
    return answers;
  }
}

/** The first of the places of a passage, and what is told of the others. */
function placesOf(places: readonly Place[]): Pick<Answer, 'source' | 'lines' | 'others'> {
  const [{ source, line, endLine }, ...others] = places as [Place, ...Place[]];
  return {
    source,
    lines: { from: line, to: endLine },
    others: others.slice(0, mostOthers).map((place) => ({
      source: place.source,
      line: place.line,
    })),
  };
}

function timed(search: () => ScoredRow[]): {
  readonly found: ScoredRow[];
  readonly milliseconds: number;
} {
  const start = performance.now();
  const found = search();
  return { found, milliseconds: performance.now() - start };
}

/** Headings of passages that are spread over all, and names of files without any, as questions of unit length. */
async function askHeadings(passages: ServedPassages, task: TaskOptions): Promise<Matrix> {
  const count = Math.min(2 * mostQuestions, passages.count);
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * passages.count) / count));
  const documents = await passages.documents(rows);
  const headings = documents.map(
    ({ metadata }, i) =>
      metadata.headings.join(' ') || (passages.places(rows[i] as number)[0]?.source ?? ''),
  );
  // Neighbours have the same.
  const texts = [...new Set(headings)].slice(0, mostQuestions);
  const [{ library }] = passages.folders as [ServedFolder];
  return normalizeRows(await library.embeddings.embedMatrix(texts, 'query', task));
}
