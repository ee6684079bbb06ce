import type { ErrorResponse } from '../server/api-types.ts';

/** What the server said no to. */
class RefusedError extends Error {}

type Parameters = Readonly<Record<string, string | number | undefined>>;

/** Asks the API. @throws RefusedError with what it says, and the reason of the signal */
export async function ask<T>(
  path: string,
  parameters: Parameters,
  { signal, method = 'GET' }: { readonly signal?: AbortSignal; readonly method?: string } = {},
): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  let response: Response;
  try {
    response = await fetch(`/api/${path}?${query}`, { method, ...(signal && { signal }) });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new RefusedError('The server does not answer. Is it still running?', { cause });
  }
  const body = (await response.json()) as T | ErrorResponse;
  if (response.ok) return body as T;
  const { message, remedy } = (body as ErrorResponse).error;
  throw new RefusedError(`${message} ${remedy}`);
}

/** Runs one thing at a time: the next one aborts the one before. */
export class Latest {
  #controller: AbortController | undefined;
  #timer: number | undefined;

  /** Aborts what is under way, and what waits. */
  stop(): void {
    window.clearTimeout(this.#timer);
    this.#controller?.abort();
  }

  /** @param wait milliseconds, in which another one may take its place */
  run(work: (signal: AbortSignal) => Promise<void>, wait = 0): void {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    this.#timer = window.setTimeout(() => {
      work(controller.signal).catch((cause: unknown) => {
        if (!controller.signal.aborted) complain(cause);
      });
    }, wait);
  }
}

let onComplaint: (message: string) => void = () => {};

/** Where errors are shown. */
export function showComplaints(show: (message: string) => void): void {
  onComplaint = show;
}

function complain(cause: unknown): void {
  if (!(cause instanceof RefusedError)) console.error(cause);
  onComplaint(cause instanceof Error ? cause.message : String(cause));
}
