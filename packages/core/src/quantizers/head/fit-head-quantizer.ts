import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { fitHead } from './fit-head.ts';

/** The quantizer of a trained head, without the story of its training. */
export const fitHeadQuantizer: QuantizerFitter = async (documents, options) =>
  (await fitHead(documents, { ...options, ...options.head })).quantizer;
