import { stat } from 'node:fs/promises';
import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type {
  SnapshotFileState,
  StoreFileRecovery,
  StoreFileVerification,
  StoreRecovery,
  StoreVerification,
} from '@bitryoshka/langchain';
import {
  recoverStore as recoverFolder,
  recoverStoreFile,
  verifyStore as verifyFolder,
  verifyStoreFile,
} from '@bitryoshka/langchain';
import { isSqliteFile } from '../stores/is-sqlite-file.ts';
import { sqliteDriver } from '../stores/open-sqlite.ts';
import { unreadable } from '../stores/store-kind.ts';
import { print, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

export interface VerifyStoreOptions {
  /** A new folder, or a new file, for what can be brought back. */
  readonly recover?: string;
  readonly json: boolean;
}

/** `bitryoshka verify`: what is wrong with a store that was saved or that is in a file, and what is left of it. */
export async function verifyStore(
  path: string,
  { recover, json }: VerifyStoreOptions,
): Promise<void> {
  const isFile = await isStoreFile(path);
  const bar = new ProgressBar();
  const task = { onProgress: bar.update };
  const verify = isFile ? verifyFile : verifySaved;
  const { verified, recovered, print } = await verify(path, recover, task).finally(() =>
    bar.stop(),
  );
  if (json) {
    printJson({ ...verified, ...(recovered && { recovered }) });
  } else {
    print();
  }
  if (!verified.isWhole && !recovered) process.exitCode = 1;
}

/** What was found of a store, and how that is told. */
interface Verified {
  readonly verified: StoreVerification | StoreFileVerification;
  readonly recovered: StoreRecovery | StoreFileRecovery | undefined;
  readonly print: () => void;
}

/** @throws BitryoshkaError `invalid-file` for a folder with nothing of a store */
async function verifySaved(
  folder: string,
  to: string | undefined,
  task: TaskOptions,
): Promise<Verified> {
  const verified = await verifyFolder(folder, task);
  // Without a manifest, there may be documents still.
  if (verified.files.every(({ state }) => state === 'missing')) {
    throw noStore(folder, 'a folder without anything of a store');
  }
  const recovered = to === undefined ? undefined : await recoverFolder(folder, to, task);
  const print = () => {
    printVerification(folder, verified);
    if (recovered) printRecovery(to ?? '', recovered);
  };
  return { verified, recovered, print };
}

async function verifyFile(
  file: string,
  to: string | undefined,
  task: TaskOptions,
): Promise<Verified> {
  const options = { driver: await sqliteDriver(file), ...task };
  const verified = await verifyStoreFile(file, options);
  const recovered = to === undefined ? undefined : await recoverStoreFile(file, to, options);
  const print = () => {
    printFileVerification(file, verified);
    if (recovered) printFileRecovery(to ?? '', recovered);
  };
  return { verified, recovered, print };
}

/** @throws BitryoshkaError `file-not-found`, or `invalid-file` for what is neither a folder nor a file of SQLite */
async function isStoreFile(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw unreadable(path, found.code);
  if (found.isDirectory()) return false;
  if (found.isFile() && (await isSqliteFile(path))) return true;
  throw noStore(path, 'a file that is no SQLite database');
}

function noStore(path: string, got: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${path}: got ${got}.`,
    remedy:
      'Name a folder that BinaryVectorStore.save has written, or a file of BinaryVectorStore.open or BinaryStore.open.',
  });
}

function printVerification(folder: string, verified: StoreVerification): void {
  const { isWhole, files, problem, recoverable } = verified;
  const { documents } = recoverable;
  print(`${folder}: ${isWhole ? `whole, ${countOf(documents, 'document')}` : 'damaged'}`);
  for (const file of files) print(`  ${lineOf(file)}`);
  if (problem !== undefined) print(`  ${problem}`);
  if (isWhole) return;
  print(`recoverable: ${summaryOf(documents, recoverable.withoutVectors, recoverable.lost)}`);
}

function printRecovery(to: string, recovered: StoreRecovery): void {
  const { documents, withoutVectors, unproven, lost, damaged } = recovered;
  print(`${to}: ${summaryOf(documents + withoutVectors, withoutVectors, lost)}`);
  if (withoutVectors > 0) {
    print('  documents-without-vectors.jsonl: one a line, to be embedded and added again');
  }
  if (unproven > 0) {
    print(`  ${unproven} of them may have changed: their format has no checksums of lines`);
  }
  for (const { path, offset, bytes, problem } of damaged) {
    print(`  lost: ${path}, ${countOf(bytes, 'byte')} from ${offset}: ${problem}`);
  }
}

function printFileVerification(file: string, verified: StoreFileVerification): void {
  const { isWhole, problems, words, recoverable } = verified;
  const { documents, items, withoutVectors, lost } = recoverable;
  const counted = `${countOf(documents, 'document')}${ofItems(items)}`;
  print(`${file}: ${isWhole ? `whole, ${counted}` : 'damaged'}`);
  for (const problem of problems) print(`  ${problem}`);
  if (words === 'not-compared') {
    print('  words: not compared, for they are of a tokenizer that is not ours, or not any more');
  }
  if (isWhole) return;
  print(`recoverable: ${summaryOf(documents, withoutVectors, lost)}${ofItems(items)}`);
}

function printFileRecovery(to: string, recovered: StoreFileRecovery): void {
  const { documents, items, leftOut } = recovered;
  print(`${to}: ${countOf(documents, 'document')}${ofItems(items)}`);
  if (leftOut === 0) return;
  print(
    `  ${leftOut} left out that have lost their vectors${items === undefined ? '' : ' or items'}: recoverStoreFile of @bitryoshka/langchain embeds those without vectors again`,
  );
}

function ofItems(items: number | undefined): string {
  return items === undefined ? '' : ` of ${countOf(items, 'item')}`;
}

function lineOf({ path, bytes, state, problem }: SnapshotFileState): string {
  const size = bytes === undefined ? '' : `, ${countOf(bytes, 'byte')}`;
  return `${path}: ${state}${size}${problem === undefined ? '' : `\n    ${problem}`}`;
}

function summaryOf(documents: number, withoutVectors: number, lost: number | undefined): string {
  const without = withoutVectors > 0 ? `, ${withoutVectors} of them without their vectors` : '';
  return `${countOf(documents, 'document')}${without}; ${lost ?? 'an unknown number'} lost`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
