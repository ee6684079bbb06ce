import { once } from 'node:events';
import { basename } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import { watch } from 'chokidar';
import type { FolderLibrary } from '../library/folder-library.ts';
import { LiveLibrary } from '../library/live-library.ts';
import { endWithReaders } from '../terminal/closed-output.ts';
import { countOf } from '../terminal/format.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { complain, print } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import type { LibraryFlags } from './library-flags.ts';
import { libraryOptions } from './library-flags.ts';

/** Editors write several files at once, and some twice. */
const quietMilliseconds = 200;

/** Never searched, and full of files that change. */
const unwatched = new Set(['.git', 'node_modules']);

/** `bitryoshka watch`: keeps the index of a folder up to date until Ctrl-C. */
export async function watchFolder(folder: string, flags: LibraryFlags): Promise<void> {
  await interruptible(async (signal) => {
    const library = new LiveLibrary(folder, libraryOptions(flags));
    const bar = new ProgressBar();
    let printed: FolderLibrary | undefined;
    const update = async (): Promise<void> => {
      try {
        const current = await library
          .current({ signal, onProgress: bar.update })
          .finally(() => bar.stop());
        if (current === printed) return;
        await library.saved();
        print(changesOf(current));
        printed = current;
      } catch (error) {
        // A folder may be without text for a while, or a model without its files.
        if (!BitryoshkaError.isInstance(error)) throw error;
        complain(`bitryoshka: ${error.message}`);
      }
    };
    endWithReaders();
    const watcher = watch(folder, {
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path) => path !== folder && unwatched.has(basename(path)),
    });
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      watcher.on('error', reject);
      watcher.on('all', () => {
        clearTimeout(timer);
        timer = setTimeout(() => update().catch(reject), quietMilliseconds);
      });
    });
    try {
      await Promise.race([once(watcher, 'ready', { signal }), failed]);
      // What changes from here on is seen.
      await Promise.race([update(), failed]);
      complain(`Watching ${folder}; Ctrl-C ends it.`);
      if (!signal.aborted) await Promise.race([once(signal, 'abort'), failed]);
    } finally {
      clearTimeout(timer);
      await watcher.close();
      await library.close();
    }
  });
}

function changesOf({ files, passages, filesRead, filesRemoved }: FolderLibrary): string {
  const changes = [
    filesRead > 0 && `${filesRead} read`,
    filesRemoved > 0 && `${filesRemoved} changed or gone`,
  ].filter(Boolean);
  const time = new Date().toTimeString().slice(0, 8);
  const all = `${countOf(passages, 'passage')} of ${countOf(files, 'file')}`;
  return `${time} ${changes.join(', ') || 'nothing changed'}: ${all}`;
}
