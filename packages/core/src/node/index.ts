export type { ReadBeirOptions } from './read-beir-folder.ts';
export { readBeirFolder } from './read-beir-folder.ts';
export type { Snapshot, SnapshotFile } from './read-snapshot.ts';
export { readSnapshot } from './read-snapshot.ts';
export type { NamedVectors } from './read-vectors.ts';
export { readVectors } from './read-vectors.ts';
export type { FileSource, SnapshotContents } from './write-snapshot.ts';
export { writeSnapshot } from './write-snapshot.ts';
