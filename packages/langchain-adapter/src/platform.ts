/** The part of `@bitryoshka/core/node` that stores use: files and threads. */
export type NodePlatform = Pick<
  typeof import('@bitryoshka/core/node'),
  | 'readSnapshot'
  | 'writeSnapshot'
  | 'removeSnapshot'
  | 'fitQuantizerInThread'
  | 'tuneInThread'
  | 'linkInThread'
>;

/** Whether there are files and threads, as far as can be said at once. */
export const isNode: boolean =
  typeof process === 'object' && typeof process.versions?.node === 'string';

/**
 * Loaded when it is needed, so that stores work where there are neither. Bundles for browsers have an empty
 * module in its place (`browser` in package.json).
 *
 * @returns undefined in a browser
 */
export async function loadNodePlatform(): Promise<NodePlatform | undefined> {
  const node: unknown = await import('@bitryoshka/core/node');
  const { readSnapshot, writeSnapshot } = node as Partial<NodePlatform>;
  return readSnapshot && writeSnapshot ? (node as NodePlatform) : undefined;
}
