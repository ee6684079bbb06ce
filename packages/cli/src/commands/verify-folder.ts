import type { SnapshotFileState, StoreRecovery, StoreVerification } from '@bitryoshka/langchain';
import { recoverStore, verifyStore } from '@bitryoshka/langchain';
import { ProgressBar } from '../terminal/progress-bar.ts';

export interface VerifyFolderOptions {
  /** A new folder for what can be brought back. */
  readonly recover?: string;
  readonly json: boolean;
}

/** `bitryoshka verify`: what is wrong with a saved store, and what is left of it. */
export async function verifyFolder(
  folder: string,
  { recover, json }: VerifyFolderOptions,
): Promise<void> {
  const bar = new ProgressBar();
  const task = { onProgress: bar.update };
  const verified = await verifyStore(folder, task).finally(() => bar.stop());
  const recovered =
    recover === undefined
      ? undefined
      : await recoverStore(folder, recover, task).finally(() => bar.stop());
  if (json) {
    console.log(JSON.stringify({ ...verified, ...(recovered && { recovered }) }, undefined, 2));
  } else {
    printVerification(folder, verified);
    if (recovered) printRecovery(recover ?? '', recovered);
  }
  if (!verified.isWhole && !recovered) process.exitCode = 1;
}

function printVerification(folder: string, verified: StoreVerification): void {
  const { isWhole, files, problem, recoverable } = verified;
  const { documents } = recoverable;
  console.log(`${folder}: ${isWhole ? `whole, ${countOf(documents, 'document')}` : 'damaged'}`);
  for (const file of files) console.log(`  ${lineOf(file)}`);
  if (problem !== undefined) console.log(`  ${problem}`);
  if (isWhole) return;
  console.log(`recoverable: ${summaryOf(documents, recoverable.withoutVectors, recoverable.lost)}`);
}

function printRecovery(to: string, recovered: StoreRecovery): void {
  const { documents, withoutVectors, unproven, lost, damaged } = recovered;
  console.log(`${to}: ${summaryOf(documents + withoutVectors, withoutVectors, lost)}`);
  if (withoutVectors > 0) {
    console.log('  documents-without-vectors.jsonl: one a line, to be embedded and added again');
  }
  if (unproven > 0) {
    console.log(`  ${unproven} of them may have changed: their format has no checksums of lines`);
  }
  for (const { path, offset, bytes, problem } of damaged) {
    console.log(`  lost: ${path}, ${countOf(bytes, 'byte')} from ${offset}: ${problem}`);
  }
}

function lineOf({ path, bytes, state, problem }: SnapshotFileState): string {
  const size = bytes === undefined ? '' : `, ${countOf(bytes, 'byte')}`;
  return `${path}: ${state}${size}${problem === undefined ? '' : `\n    ${problem}`}`;
}

function summaryOf(documents: number, withoutVectors: number, lost: number): string {
  const without = withoutVectors > 0 ? `, ${withoutVectors} of them without their vectors` : '';
  return `${countOf(documents, 'document')}${without}; ${lost} lost`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
