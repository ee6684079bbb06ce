import { basename, resolve } from 'node:path';

/** What folders are called in answers, by path: their last part, and a number where others are called so, too. */
export function folderNames(paths: Iterable<string>): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const path of paths) {
    const base = basename(resolve(path)) || 'root';
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
    taken.add(name);
    names.set(path, name);
  }
  return names;
}
