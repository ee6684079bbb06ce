import type { Codes } from '../../codes/codes.ts';
import { packSigns } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import { bitEntropy } from '../../training/bit-statistics.ts';
import type { CodeModel } from '../../training/code-model.ts';
import { encodeReal } from '../../training/code-model.ts';
import type { HeldOutVectors } from '../../training/held-out-recall.ts';
import { decodedScorer, heldOutRecalls } from '../../training/held-out-recall.ts';
import { decodedDocuments } from '../../training/scores/decoded-documents.ts';
import { leadingColumns } from '../../training/scores/student.ts';
import type { LearnedQuantizer } from './learned-quantizer.ts';

/** What the codes of a stage find of the neighbours of vectors that no stage has seen. */
export interface TrainingStage {
  readonly name: 'start' | 'trained' | 'refined' | 'additive';
  /** At the depth of re-ranking that was asked for, at half of it and so on; 0 for none at last. */
  readonly recalls: readonly { readonly rerank: number; readonly recall: number }[];
  readonly isTaken: boolean;
}

/** A stage has to find so much more than the one before to be taken. */
const leastGain = 0.001;
/** The asked depth, half of it and so on; 0 for none at last. */
export function shallowerDepths(rerank: number): number[] {
  const depths: number[] = [];
  for (let depth = rerank; depth > 10; depth = Math.floor(depth / 2)) depths.push(depth);
  return [...depths, 0];
}

export function measureModel(
  { encoder, decoders }: CodeModel,
  heldOut: HeldOutVectors,
  rerank: number,
): { score: number; recall: number; entropy: number } {
  const signs = unpackSigns(packSigns(encodeReal(encoder, heldOut.documents).real));
  const recalls = decoders.map((decoder) => {
    const codes = leadingColumns(signs, decoder.bitVectors.rows);
    const { cosines } = decodedDocuments(codes, decoder);
    return heldOutRecalls(heldOut, (queries) => cosines(queries).values, [rerank, 0]);
  });
  const mean = (at: number) =>
    recalls.reduce((sum, each) => sum + (each[at] ?? 0), 0) / Math.max(1, recalls.length);
  const recall = mean(0);
  // Where re-ranking finds all, what is found without says which is better.
  return { score: recall + 0.1 * mean(1), recall, entropy: bitEntropy(signs) };
}

/** Mean over the published prefixes of a code. */
export function quantizerRecalls(
  quantizer: LearnedQuantizer,
  heldOut: HeldOutVectors,
  depths: readonly number[],
): number[] {
  const codes = quantizer.encode(heldOut.documents, 'document');
  const { prefixes } = quantizer.parts;
  const sums = depths.map(() => 0);
  for (const { bits, decoder } of prefixes) {
    const scorer = decodedScorer(decoder.decode(leadingCodes(codes, bits)));
    for (const [i, recall] of heldOutRecalls(heldOut, scorer, depths).entries()) sums[i] += recall;
  }
  return sums.map((sum) => sum / prefixes.length);
}

/** The last stage that finds more than all before it, over all depths. */
export function bestStage(stages: readonly Omit<TrainingStage, 'isTaken'>[]): number {
  const scores = stages.map(
    ({ recalls }) => recalls.reduce((sum, { recall }) => sum + recall, 0) / recalls.length,
  );
  let best = 0;
  for (const [i, score] of scores.entries()) if (score > scores[best] + leastGain) best = i;
  return best;
}

export function leadingCodes(codes: Codes, bits: number): Codes {
  return bits === codes.bits ? codes : packSigns(leadingColumns(unpackSigns(codes), bits));
}
