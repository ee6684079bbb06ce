import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { fitHead } from './fit-head.ts';

/** A head with every option at its default. */
export const fitHeadQuantizer: QuantizerFitter = async (documents, options) =>
  (await fitHead(documents, options)).quantizer;
