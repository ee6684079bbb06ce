import type { TaskOptions } from '@bitryoshka/core';
import type { SqliteDriver } from './sqlite-driver.ts';

export interface SalvageOptions extends TaskOptions {
  /** Default: `node:sqlite`. */
  readonly driver?: SqliteDriver | undefined;
}
