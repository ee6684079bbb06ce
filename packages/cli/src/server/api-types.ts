import type { StoreHealth } from '@bitryoshka/langchain';
import type { FolderChanges } from '../library/folder-library.ts';

/** How passages are found: by the folder's own index, or by what it is compared with. */
export const searchWays = ['hybrid', 'meaning', 'words', 'float', 'codes'] as const;

export type SearchWay = (typeof searchWays)[number];

/** A code length and a depth of re-ranking. */
export interface CodeSettings {
  readonly bits: number;
  /** Candidates that are scored once more with their float vectors; 0 for none. */
  readonly rerank: number;
}

/** Lines of a file, counted from 1, both inclusive. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** Which passage: together they name one. */
export interface PassageKey {
  /** The name of the folder. */
  readonly folder: string;
  readonly id: string;
}

/** A passage that answers a question. */
export interface Answer extends PassageKey {
  /** The file, relative to the folder. */
  readonly source: string;
  readonly lines: LineRange;
  /** Where else the same text stands. */
  readonly others: readonly { readonly source: string; readonly line: number }[];
  readonly headings: readonly string[];
  readonly text: string;
  /** Null where passages are only ordered: by words. */
  readonly score: number | null;
}

export interface SearchResponse {
  readonly way: SearchWay;
  readonly answers: readonly Answer[];
  /** Of the search; only `hybrid` embeds the question meanwhile, and more. */
  readonly milliseconds: number;
}

/** A question answered by float vectors and by codes. */
export interface ComparisonResponse extends CodeSettings {
  readonly float: readonly Answer[];
  readonly codes: readonly Answer[];
  /**
   * Of each answer of the codes, its place among those of the floats, counted from 1; null where it is not among them.
   * Copies of a passage stand for each other.
   */
  readonly floatPlaces: readonly (number | null)[];
  readonly milliseconds: { readonly float: number; readonly codes: number };
  /** Re-ranking reads the float vectors of all passages: codes have no say then. */
  readonly isExhaustive: boolean;
}

/** What codes of one length find at one depth. */
interface DepthMeasurement {
  readonly rerank: number;
  /** Share of the ten nearest float vectors, by mean over the questions. */
  readonly recall: number;
  /** Per question, the median. */
  readonly milliseconds: number;
}

export interface QualityResponse {
  readonly bits: number;
  /** Headings and file names that were asked. */
  readonly questions: number;
  readonly bytesPerPassage: number;
  readonly float: { readonly milliseconds: number; readonly bytesPerPassage: number };
  readonly depths: readonly DepthMeasurement[];
}

export interface SettingsResponse {
  readonly folders: readonly { readonly name: string; readonly passages: number }[];
  readonly passages: number;
  readonly dimensions: number;
  readonly bytesPerVector: number;
  readonly limits: { readonly question: number; readonly k: number; readonly context: number };
  /** Lengths that there are passages enough for; none where there are too few for any. */
  readonly bits: readonly number[];
  readonly depths: readonly number[];
  /** Undefined without codes. */
  readonly defaults: CodeSettings | null;
  /** The folder's own index compares all vectors: codes would not be quicker for so few. */
  readonly isExact: boolean;
}

export interface PassageResponse extends Answer {
  /** The file has changed since the passage was read. */
  readonly isOutdated: boolean;
  /** Lines of the file around the passage; null where it has changed, and where it is no text, as PDF. */
  readonly context: {
    readonly before: string;
    readonly lines: string;
    readonly after: string;
  } | null;
  /** Its neighbours in the file. */
  readonly previous: PassageKey | null;
  readonly next: PassageKey | null;
}

export interface FolderHealth {
  readonly folder: string;
  readonly path: string;
  readonly files: number;
  readonly changes: FolderChanges;
  /** How many files were left out, and why; empty for none. */
  readonly skipped: string;
  readonly index: StoreHealth;
}

export interface HealthResponse {
  readonly folders: readonly FolderHealth[];
}

export interface Source {
  readonly folder: string;
  readonly source: string;
  readonly passages: number;
  /** Its first one. */
  readonly first: string;
}

export interface SourcesResponse {
  readonly total: number;
  readonly sources: readonly Source[];
}

export interface MapPoint extends Source {
  readonly x: number;
  readonly y: number;
}

/** Files where they lie along the two directions in which they differ most. */
export interface DocumentMap {
  readonly files: number;
  /** Some of the files, where there are very many. */
  readonly points: readonly MapPoint[];
  /** Share of the variance that the two directions have. */
  readonly variance: number;
  /** Of the files nearest to a file, the share that is also nearest on the map. */
  readonly neighboursKept: number;
  /** What that would be if files lay anywhere. */
  readonly neighboursByChance: number;
}

/** The map, or why there is none. */
export interface MapResponse {
  readonly map: DocumentMap | null;
  readonly reason: string | null;
}

export interface ErrorResponse {
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
}
