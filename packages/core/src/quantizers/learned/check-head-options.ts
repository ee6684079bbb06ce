import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import { nestedLengths } from '../nested-lengths.ts';
import { HeadQuantizer } from './learned-quantizer.ts';
import type { HeadFitOptions } from './training-options.ts';

const architectures = ['linear', 'mlp'];
const binarizers = ['ste', 'sigmoid', 'gumbel'];
const decoders = ['linear', 'additive'];

/**
 * @returns the lengths of the nested codes, ascending, the whole one last
 * @throws BitryoshkaError `invalid-option`
 */
export function checkHeadOptions(dimensions: number, options: HeadFitOptions): number[] {
  const { bits, architecture = 'linear', binarize = 'ste', nested = [], from } = options;
  checkOutputDimensions(dimensions, bits);
  if (!architectures.includes(architecture)) {
    throw invalid('architecture', architecture, `one of ${architectures.join(', ')}`);
  }
  if (!binarizers.includes(binarize)) {
    throw invalid('binarize', binarize, `one of ${binarizers.join(', ')}`);
  }
  const { decoder = 'linear', choose = true } = options;
  if (!decoders.includes(decoder)) {
    throw invalid('decoder', decoder, `one of ${decoders.join(', ')}`);
  }
  if (decoder === 'additive' && !(choose && canBeAdditive(bits, nested))) {
    throw invalid(
      'decoder',
      'additive',
      'linear for nested codes, for bits that are no multiple of 8, and where codes are not chosen',
    );
  }
  for (const name of ['steps', 'rerank'] as const) {
    const value = options[name];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
      throw invalid(name, value, 'a whole number from 0 up');
    }
  }
  for (const name of ['loyalty', 'pairWeight'] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0 && value < Infinity)) {
      throw invalid(name, value, 'a number from 0 up');
    }
  }
  const prefixes = nestedLengths(nested, bits);
  if (from) checkStart(from, dimensions, prefixes, options);
  return prefixes;
}

/** Codebooks belong to whole bytes of a whole code. */
export function canBeAdditive(bits: number, nested: readonly number[]): boolean {
  return bits % 8 === 0 && nested.every((length) => length === bits);
}

function checkStart(
  from: NonNullable<HeadFitOptions['from']>,
  dimensions: number,
  prefixes: readonly number[],
  { architecture }: HeadFitOptions,
): void {
  const wanted = `a head of ${dimensions} dimensions to ${prefixes.join(', ')} bits`;
  if (!(from instanceof HeadQuantizer)) throw invalid('from', from.kind, wanted);
  if (from.inputDimensions !== dimensions || from.nested.join() !== prefixes.join()) {
    throw invalid(
      'from',
      `a head of ${from.inputDimensions} dimensions to ${from.nested.join(', ')} bits`,
      wanted,
    );
  }
  const its = (from.parts.queryEncoder ?? from.parts.encoder).hidden ? 'mlp' : 'linear';
  if (architecture !== undefined && architecture !== its) {
    throw invalid('architecture', architecture, `${its}, as the head to train further`);
  }
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${String(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
