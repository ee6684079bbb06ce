import { BitryoshkaError } from '@bitryoshka/core';

/** The part of `@bitryoshka/core/node` that saves and loads. */
export type FileSystem = Pick<
  typeof import('@bitryoshka/core/node'),
  'readSnapshot' | 'writeSnapshot'
>;

/**
 * Loaded when it is needed, so that stores work where there is no file system. Bundles for browsers
 * have an empty module in its place (`browser` in package.json).
 *
 * @throws BitryoshkaError `not-supported` in a browser
 */
export async function loadFileSystem(): Promise<FileSystem> {
  const node: unknown = await import('@bitryoshka/core/node');
  const { readSnapshot, writeSnapshot } = node as Partial<FileSystem>;
  if (readSnapshot && writeSnapshot) return { readSnapshot, writeSnapshot };
  throw new BitryoshkaError({
    code: 'not-supported',
    message: 'got no file system, expected Node.',
    remedy: 'Save and load stores in Node; in a browser, add the documents each time.',
  });
}
