export type { FileVectorsOptions } from './file-vectors.ts';
export { fileVectors } from './file-vectors.ts';
export { fitQuantizerInThread } from './fit-quantizer-in-thread.ts';
export { loadIndexFile, nativeCrc32, saveIndexFile, withFileSource } from './index-file.ts';
export type { LinkOptions } from './link-in-thread.ts';
export { linkInThread } from './link-in-thread.ts';
export type { AdapterModel, PresetModel, PresetOptions } from './load-preset.ts';
export { loadAdapterPreset, loadPreset, presetModels } from './load-preset.ts';
export type { ReadBeirOptions, StoredVectors } from './read-beir-folder.ts';
export { readBeirFolder, readJudgements } from './read-beir-folder.ts';
export { readBeirTitles } from './read-beir-titles.ts';
export { readBytes, readPieces } from './read-file.ts';
export type { Snapshot, SnapshotFile } from './read-snapshot.ts';
export { readSnapshot } from './read-snapshot.ts';
export type { StsPair } from './read-sts-pairs.ts';
export { readStsPairs } from './read-sts-pairs.ts';
export { readVectorBlocks } from './read-vector-blocks.ts';
export type { NamedVectors } from './read-vectors.ts';
export { readVectors } from './read-vectors.ts';
export { removeSnapshot } from './remove-snapshot.ts';
export { checkReplaceable, replaceFile } from './replace-file.ts';
export type { SearchBatchOptions, SearchPoolOptions } from './search-pool.ts';
export { SearchPool } from './search-pool.ts';
export type { Manifest, ManifestFile, SavedGeneration } from './snapshot-manifest.ts';
export { trainCodesInThread } from './train-codes-in-thread.ts';
export { tuneInThread } from './tune-in-thread.ts';
export type { SnapshotFileState, SnapshotState } from './verify-snapshot.ts';
export { verifySnapshot } from './verify-snapshot.ts';
export type {
  FileSource,
  LinesSource,
  SnapshotContents,
  WriteSnapshotOptions,
} from './write-snapshot.ts';
export { writeSnapshot } from './write-snapshot.ts';
