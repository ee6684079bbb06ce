import type { ErrorCode, Matrix, Progress, Side } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { TokenCount } from '../tokens/text-tokenizer.ts';
import type { EmbedderOptions } from './embedder.ts';

/** What a thread is started with. */
export interface EmbedderTask {
  readonly options: EmbedderOptions;
}

/** What a thread is asked, each with a number that its answers bear. */
export type EmbedderRequest = { readonly id: number } & (
  | { readonly kind: 'embed'; readonly texts: readonly string[]; readonly side: Side }
  | { readonly kind: 'count'; readonly texts: readonly string[] }
  | { readonly kind: 'fingerprint' | 'quantizer' | 'abort' }
);

export type EmbedderResult = Matrix | TokenCount | string | Uint8Array | undefined;

/** What a thread says. */
export type EmbedderAnswer =
  | { readonly warning: string }
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly result: EmbedderResult }
  | { readonly id: number; readonly error: ThrownError };

/** What is left of an error between threads, its class and cause apart. */
export interface ThrownError {
  readonly message: string;
  readonly parts?: { readonly code: ErrorCode; readonly remedy: string } | undefined;
}

export function toThrown(error: unknown): ThrownError {
  const message = String(Object(error).message ?? error);
  if (!BitryoshkaError.isInstance(error)) return { message };
  return { message, parts: { code: error.code, remedy: error.remedy } };
}

export function fromThrown({ message, parts }: ThrownError): Error {
  if (!parts) return new Error(message);
  const { code, remedy } = parts;
  // The class puts the remedy behind the message.
  const bare = message.endsWith(` ${remedy}`) ? message.slice(0, -remedy.length - 1) : message;
  return new BitryoshkaError({ code, message: bare, remedy });
}
