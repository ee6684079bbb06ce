/** What the main thread asks of the worker, and what it gets: the name of a request is that of its answer. */
export interface Requests {
  readonly add: { readonly texts: readonly string[] };
  readonly search: { readonly question: string; readonly k: number };
  readonly close: Record<never, never>;
}

export interface Answers {
  readonly add: { readonly count: number };
  readonly search: readonly { readonly text: string; readonly score: number }[];
  readonly close: undefined;
}

export type RequestName = keyof Requests;

export interface Request<Name extends RequestName = RequestName> {
  readonly id: number;
  readonly name: Name;
  readonly body: Requests[Name];
}

/** An answer to the request with this id, or what went wrong. */
export type Reply =
  | { readonly id: number; readonly answer: Answers[RequestName] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code?: string } };
