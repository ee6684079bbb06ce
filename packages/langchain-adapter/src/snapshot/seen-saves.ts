import { BitryoshkaError } from '@bitryoshka/core';
import type { SavedGeneration } from '../platform.ts';

/** What was made and saved in this process, in its order: clocks are too coarse for that. */
let order = 0;
const savedHere = new Map<string, number>();

/** What a store knows of the folders that it is loaded from and saved to, so that it replaces no save unawares. */
export class SeenSaves {
  readonly #madeAt: number = Date.now();
  readonly #made: number = ++order;
  /** That it has loaded or made. */
  readonly #generations: Set<string> = new Set();
  readonly #folders: Set<string> = new Set();

  loaded(folder: string, { generation }: SavedGeneration): void {
    this.#folders.add(folder);
    this.#generations.add(generation);
  }

  saved(folder: string, { generation }: SavedGeneration, replaced?: SavedGeneration): void {
    this.loaded(folder, { generation, savedAt: undefined });
    savedHere.set(generation, ++order);
    if (!replaced) return;
    this.#generations.delete(replaced.generation);
    savedHere.delete(replaced.generation);
  }

  /**
   * Whatever is older than the store may be replaced: programs save anew at each run. What the store has never seen
   * and is younger, or is not what it has left in the folder, holds the work of another.
   *
   * @throws BitryoshkaError `write-conflict`
   */
  checkReplace(folder: string, current: SavedGeneration): void {
    if (this.#generations.has(current.generation)) return;
    if (!this.#folders.has(folder) && !this.#isYounger(current)) return;
    throw new BitryoshkaError({
      code: 'write-conflict',
      message: `${folder}: got what another store has saved meanwhile, expected what this one was loaded from or has saved.`,
      remedy:
        'Load the folder and make the changes again, save to another one, or pass { overwrite: true }.',
    });
  }

  #isYounger({ generation, savedAt }: SavedGeneration): boolean {
    const saved = savedHere.get(generation);
    if (saved !== undefined) return saved > this.#made;
    // A time that is still to come is that of another clock, and says nothing.
    return savedAt !== undefined && savedAt > this.#madeAt && savedAt <= Date.now();
  }
}
