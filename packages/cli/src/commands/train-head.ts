import { BitryoshkaError, loadQuantizer, selectRows } from '@bitryoshka/core';
import {
  checkReplaceable,
  readBytes,
  readJudgements,
  replaceFile,
  trainCodesInThread,
} from '@bitryoshka/core/node';
import type { CorpusLessons, TrainCodesOptions, TrainedCodes } from '@bitryoshka/core/training';
import { print, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { renderTable } from '../terminal/render-table.ts';
import { learnFromTitles } from '../vectors/learn-from-titles.ts';
import type { VectorPlace } from '../vectors/read-document-vectors.ts';
import { readDocumentVectors, readQueryVectors } from '../vectors/read-document-vectors.ts';

export interface TrainHeadOptions
  extends VectorPlace,
    Pick<TrainCodesOptions, 'bits' | 'nested' | 'binarize' | 'decoder' | 'steps' | 'rerank'> {
  /** The architecture. */
  readonly head?: TrainCodesOptions['architecture'];
  /** Judgements (query id, document id, score) of a BEIR folder. */
  readonly pairs?: string;
  /** The model of the vectors, to learn from the titles of the documents of a BEIR folder. */
  readonly titles?: string | true;
  /** The file of a head to train further. */
  readonly from?: string;
  /** Keeps what training needs to go on, and goes on from there. */
  readonly checkpoint?: string;
  readonly seed: number;
  readonly out: string;
  readonly json: boolean;
}

/** `bitryoshka train`: a head, trained on stored vectors, as a file. */
export async function trainHead(path: string, options: TrainHeadOptions): Promise<void> {
  const { vectors, column, head: architecture, titles, pairs, out, json, ...rest } = options;
  await checkReplaceable(out);
  const documents = await readDocumentVectors(path, { vectors, column });
  const judged = pairs === undefined ? undefined : await readPairs(path, options, documents);
  const bar = new ProgressBar();
  const onProgress = bar.update;
  // One after the other, so that the newest is left.
  let writing = Promise.resolve();
  const run = async (): Promise<TrainedCodes> => {
    const lessons =
      titles === undefined
        ? judged
        : await learnFromTitles(path, documents, { model: titles, seed: rest.seed, onProgress });
    return trainCodesInThread(documents.vectors, {
      ...rest,
      ...lessons,
      architecture,
      from: rest.from === undefined ? undefined : loadQuantizer(await readBytes(rest.from)),
      checkpoint: await readCheckpoint(rest.checkpoint),
      onCheckpoint:
        rest.checkpoint === undefined
          ? undefined
          : (bytes) => {
              writing = writing.then(() => replaceFile(rest.checkpoint as string, bytes));
            },
      onProgress,
    });
  };
  const fit = await run().finally(() => bar.stop());
  await writing;
  const file = fit.quantizer.save();
  await replaceFile(out, file);
  const { curve, stages } = fit;
  if (json) {
    printJson({ out, bytes: file.length, stages, curve });
    return;
  }
  print(curveTable(fit));
  print(stageTable(fit));
  const { inputDimensions, nested } = fit.quantizer;
  print(
    `${out}: head, ${inputDimensions} dimensions to ${nested.join(', ')} bits, trained on ${documents.vectors.rows} vectors; ${file.length} bytes`,
  );
}

/** What training went through. */
function curveTable({ curve }: TrainedCodes): string {
  return renderTable(
    ['step', 'loss', 'held-out recall', 'bit entropy'],
    curve.map(({ step, loss, recall, entropy }) => [
      String(step),
      step === 0 ? '' : loss.toFixed(3),
      recall.toFixed(3),
      entropy.toFixed(3),
    ]),
  );
}

/** Before and after. */
function stageTable({ stages }: TrainedCodes): string {
  const depths = stages[0]?.recalls.map(({ rerank }) => rerank) ?? [];
  return renderTable(
    ['stage', ...depths.map((depth) => (depth === 0 ? 'no rerank' : `rerank ${depth}`)), ''],
    stages.map(({ name, recalls, isTaken }) => [
      name,
      ...recalls.map(({ recall }) => recall.toFixed(3)),
      isTaken ? 'taken' : '',
    ]),
  );
}

async function readPairs(
  folder: string,
  { pairs: file = '', vectors, column }: TrainHeadOptions,
  documents: Awaited<ReturnType<typeof readDocumentVectors>>,
): Promise<CorpusLessons> {
  if (vectors === undefined) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: 'pairs: got vectors of documents only, expected a BEIR folder.',
      remedy: 'Name the subfolder of the vectors of queries and documents with --vectors.',
    });
  }
  const queries = await readQueryVectors(folder, { vectors, column });
  const places = [queries, documents].map(({ ids }) => new Map(ids.map((id, i) => [id, i])));
  const [queryPlaces, documentPlaces] = places as [Map<string, number>, Map<string, number>];
  const found: [query: number, document: number][] = [];
  for (const [query, relevance] of await readJudgements(file)) {
    for (const document of relevance.keys()) {
      const pair = [queryPlaces.get(query), documentPlaces.get(document)] as const;
      if (pair[0] !== undefined && pair[1] !== undefined) found.push([pair[0], pair[1]]);
    }
  }
  if (found.length === 0) {
    throw new BitryoshkaError({
      code: 'empty-input',
      message: `${file}: got no pair of a query and a document of ${folder}.`,
      remedy: 'Check the ids in this file.',
    });
  }
  return {
    pairs: {
      queries: selectRows(
        queries.vectors,
        found.map(([query]) => query),
      ),
      documents: selectRows(
        documents.vectors,
        found.map(([, document]) => document),
      ),
    },
    queries: selectRows(queries.vectors, [...new Set(found.map(([query]) => query))]),
  };
}

async function readCheckpoint(file: string | undefined): Promise<Uint8Array | undefined> {
  if (file === undefined) return undefined;
  return readBytes(file).catch((error: unknown) => {
    // The first run has none yet.
    if (BitryoshkaError.isInstance(error) && error.code === 'file-not-found') return undefined;
    throw error;
  });
}
